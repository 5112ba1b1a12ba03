/*
 * The session's breakpoints as commands see them: the breakpoints of dbg/break, each with its
 * command list and its counts. This folder holds the commands that make, change and list
 * breakpoints, and reports their hits (break_stop.h). It may use the selection in
 * commands/goroutines and everything below; commands/running uses it to arm breakpoints before the
 * target runs.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_SESSION_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_SESSION_H

#include "commands/session/block.h"
#include "commands/breakpoints/break_counts.h"
#include "dbg/break/breakpoint.h"

/* What the commands store per breakpoint. */
struct break_extra {
	int number;
	struct block_lines commands;
	struct break_counts *counts; /* of trace --count-by; NULL: none */
};

struct break_session {
	struct breakpoints *breakpoints;
	struct break_extra *extras;
	size_t extra_count, extra_capacity;
	struct break_event *pending; /* taken from the queue, not printed yet */
	size_t pending_count, pending_capacity;
	struct break_event *stops; /* to be shown once the process is stopped */
	size_t stop_count, stop_capacity;
	uint64_t reported;    /* number of hits reported */
	bool in_commands;     /* a command list is running */
	struct error *failed; /* error of a command list that ran while no command waited; the next
				 wait returns it */
	int64_t second;	      /* the current second, for the limit of trace lines on a terminal */
	unsigned lines;	      /* trace lines printed in it */
	uint64_t hidden;      /* trace lines omitted in it */
	bool warned_lost;     /* the warning about unknown ages was printed */
};

/* Returns the session's breakpoints, which are created on first use. ERROR_GONE for a core. */
struct error *break_session_get(struct session *session, struct break_session **ret);
/* The same, but ERROR_NOT_FOUND when there is no breakpoint. */
struct error *break_session_get_some(struct session *session, struct break_session **ret);

/* Returns the extra of breakpoint `number`, creating it if necessary; NULL when out of memory. */
struct break_extra *break_session_extra(struct break_session *breaks, int number);
/* The same, but NULL if there is none. */
struct break_extra *break_session_find_extra(const struct break_session *breaks, int number);
void break_session_forget(struct break_session *breaks, int number);

/* Finds breakpoint `number`; ERROR_NOT_FOUND lists the existing ones. */
struct error *break_session_find(
	const struct break_session *breaks, int number, struct breakpoint *ret);

/* Parses the number of a breakpoint; ERROR_USAGE if `text` is not one. */
struct error *break_session_parse_number(const char *text, int *ret);

/*
 * Switches from a snapshot to the stopped process itself, because traps are set in the process.
 * Call it after adding a breakpoint. On error nothing has changed, unless the process has exited:
 * then session->breaks is NULL.
 */
struct error *break_session_hold(struct session *session);

/* True when a person types the commands: not in a script, nor in a breakpoint's command list. */
bool break_session_at_prompt(const struct session *session);

/* True if a breakpoint is enabled. */
bool break_session_is_armed(const struct session *session);
/* Sets the traps of the enabled breakpoints. Call it before resuming the process. */
struct error *break_session_arm(struct session *session);
/*
 * Disables all breakpoints but counting tracepoints, for a command that runs the process for its
 * own purpose. `*ret` are the numbers that break_session_resume() enables again; it frees them.
 */
struct error *break_session_suspend(struct session *session, int **ret, size_t *ret_count);
struct error *break_session_resume(struct session *session, int *numbers, size_t count);

#endif
