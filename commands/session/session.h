/*
 * The shell: one debugging session as commands see it.
 *
 * It owns the target and the Go program in it, the selected goroutine and frame, the settings and
 * where output goes. The prompt (repl.c), scripts and -e all feed lines to session_execute().
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SESSION_H
#define GCTXDBG_COMMANDS_SESSION_SESSION_H

#include <stdatomic.h>

#include "commands/session/command.h"
#include "commands/render/output.h"
#include "dbg/target/target.h"

struct goroutine_diff;
struct program; /* dbg/go/program/program.h */

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Settings: one row each in settings.c (name, type, help), reached by `set` and `show`. */
struct settings {
	enum color_mode color;
	bool stop_on_error; /* scripts: `set on-error continue` */
	bool quiet;
	bool runtime_frames; /* text output shows frames of runtime internals too */
	unsigned list_lines;
	unsigned print_depth, print_length, print_string; /* limits of values, see settings.c */
	unsigned unwinder;				  /* enum unwinder */
	unsigned width;					  /* of text output; 0: the terminal's */
	unsigned pause;					  /* enum pause_mode */
	int64_t max_stop_ns; /* of the watchdog; 0 off; fixed once the target is open */
	char *source_path;   /* "from=to[:from=to]": where sources are here; NULL none */
};

struct selection {
	bool goroutine_valid;
	uint64_t goid; /* selected goroutine */
	pid_t tid;     /* selected thread when no goroutine; 0 none */
	size_t frame;  /* index into its frames as `bt` numbers them */
};

struct session {
	struct target *target;	     /* NULL before one is opened or after it is gone */
	struct program *program;     /* NULL like target */
	struct goroutine_diff *diff; /* goroutines of the snapshot before, see since.h; NULL none */
	struct selection selection;
	struct settings settings;
	struct output out; /* of the command that runs */
	struct registry *registry;
	atomic_bool cancel; /* Ctrl-C; cleared before each command */
	bool cancel_shown;  /* the line that the terminal's "^C" stands on has been ended */
	bool interactive;
	bool quit;		/* a command asked to leave */
	bool findings;		/* some check found problems: exit status 3 */
	unsigned failures;	/* commands that failed */
	const char *exe;	/* --exe or NULL */
	const char *debug_file; /* --debug-file or NULL */
	const char *plugin_dir;
	struct script_position
		*script; /* where the running script is, for messages; NULL at the prompt */
	struct break_session *breaks; /* breakpoints, see break_session.h; NULL: none yet */
	struct run *run;     /* who waits for the process to stop, see run.h; NULL: nobody */
	uint64_t resumes;    /* how often it has been let run */
	struct block *block; /* whose lines are being collected, see block.h; NULL: none */
	bool stop_told;	     /* the target stands, and its event that says so has been taken */
	bool json_events;    /* what happens while it runs is told as JSON lines on out */
	struct plugin_list *plugins; /* loaded plug-ins, private to plugin.c */
	unsigned depth;		     /* of session_execute(): more than 1 inside `source` */
	int leave_signal;	     /* the signal that asked to leave; 0 none */
	int64_t progress_ns;	     /* when progress began or was printed last; 0: none */
	bool progress_shown;	     /* it is on the line */
};

void session_init(struct session *session);
void session_deinit(struct session *session); /* leaves the target */

/*
 * Runs one line: comment, empty, a command with options, with `> file`, `>> file` or `| shell
 * command` after it. The error is the command's; the caller reports it. `quit` sets session->quit.
 */
struct error *session_execute(struct session *session, const char *line);

/* Runs a script file ("-" is stdin). Stops at the first failing command unless on-error is
 * continue; the error names file and line. */
struct error *session_run_script(struct session *session, const char *path);

/* The same for lines from `stream`, named `name` in messages; it stays open. */
struct error *session_run_stream(struct session *session, FILE *stream, const char *name);

/*
 * Takes the outcome of a top-level command or script: reports the error, counts it as a failure or
 * (ERROR_FINDINGS) as a finding. Returns false when it failed.
 */
bool session_settle(struct session *session, struct error *err);

/* Everything that is not a result goes to stderr through these. */
void session_warn(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void session_report(struct session *session, struct error *err); /* prints and frees */
/* Ends the line on which the terminal has echoed "^C", once per command. */
void session_end_cancelled_line(struct session *session);
/* News for the user ("process 4711 exited with status 0"); silent with -q. */
void session_tell(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints what happened to the target meanwhile (exited, watchdog, …) and adjusts the session. */
void session_handle_events(struct session *session);

/* Makes `target` the session's target and opens the Go program in it (takes ownership, also on
 * error). */
struct error *session_open(struct session *session, struct target *target);

/* Tells, once, why a live process stands still although that was not asked for. */
void session_show_notice(struct session *session);

/* Leaves the target, if any: a live one runs on. */
void session_close_target(struct session *session);

/* Progress on a terminal's stderr, nothing elsewhere; done == total erases it. */
void session_progress(struct session *session, const char *what, uint64_t done, uint64_t total);

#endif
