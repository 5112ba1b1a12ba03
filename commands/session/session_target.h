/*
 * The session's target: open it, resume and stop it, close it.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SESSION_TARGET_H
#define GCTXDBG_COMMANDS_SESSION_SESSION_TARGET_H

#include "commands/session/session.h"

/*
 * A command that waits for the target to stop. session->wait is the innermost: a command in a
 * breakpoint's list may run the target for a moment while `continue` waits.
 */
struct stop_wait {
	struct stop_wait *outer;
	int64_t deadline_ns;  /* CLOCK_MONOTONIC; INT64_MAX: none */
	uint64_t hit_limit;   /* stop after this many reported hits; 0: no limit */
	uint64_t hits_before; /* hits reported when the wait began */
	bool internal;	      /* the command runs the target for its own purpose: do not report the
				 stop, run no command list */
	bool in_breakpoint;   /* the program has called runtime.Breakpoint */
	bool ending;	      /* the wait is stopping the target: do not resume it */
	struct error *failed; /* the first error of a breakpoint's command list */
};

/*
 * Makes `target` the session's target and opens the Go program in it. Takes ownership of `target`,
 * also on error.
 */
struct error *session_open(struct session *session, struct target *target);

/*
 * Opens the Go runtime `runtime` of the process (a number or file, see struct program_options) in
 * place of the current one. ERROR_USAGE if there is no such runtime, or while there are
 * breakpoints; nothing has changed then.
 */
struct error *session_switch_runtime(struct session *session, const char *runtime);

/* Closes the target, if any. A live process keeps running. */
void session_close_target(struct session *session);

/* Resumes a stopped live target. The caller has armed or suspended the breakpoints. */
struct error *session_resume(struct session *session);

/* Stops a running target, or takes a snapshot, as the setting `pause` says; reports it and drops
 * what was read before. */
struct error *session_stop(struct session *session);

/* Drops what was read of the target, which has run or is replaced by a new snapshot. The selection
 * stays; its frame is found again when it is next used. */
void session_refresh(struct session *session);

/* Sets what the prompt gives as the reason while the process is stopped, printf-style. */
void session_set_stop_reason(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints and clears the target's notice: why a live process is stopped although --pause=fork. */
void session_show_notice(struct session *session);

/* The error after an event of process `pid` has closed the target: ERROR_GONE. */
struct error *session_target_lost(pid_t pid);

/* Reports the snapshot just taken, or why the process was stopped instead. */
void session_report_snapshot(struct session *session);

/* Ignores Ctrl-Z while a live process is stopped: a suspended debugger would leave it stopped. */
void session_update_suspend(const struct session *session);

/*
 * True when a command can read the target: it is stopped, a snapshot or a core. While it runs, its
 * memory cannot be read, and the tracer thread uses the program's tables to evaluate conditions, so
 * nothing may reload them.
 */
bool session_can_read_target(const struct session *session);

#endif
