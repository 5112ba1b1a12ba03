/*
 * One debugging session as commands see it: the target and the Go program in it, the selected
 * goroutine and frame, the settings, and where output goes.
 *
 * The prompt (cli/repl.c), scripts (script.h) and -e all pass lines to session_execute(). The other
 * parts of the session have their own headers: session_target.h (open, resume, stop, close),
 * session_events.h (what the target reports), message.h (stderr), script.h.
 *
 * This folder may use commands/render and the engine. Folders above this one keep their state in
 * the session as well (`breaks`, `diff`). This layer does not look inside: those folders register a
 * session_observer, see session_events.h.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SESSION_H
#define GCTXDBG_COMMANDS_SESSION_SESSION_H

#include <stdatomic.h>

#include "commands/session/command.h"
#include "commands/render/output.h"
#include "dbg/target/target.h"

struct break_session;	 /* commands/breakpoints/break_session.h */
struct sightings;	 /* dbg/go/goroutines/sightings.h */
struct program;		 /* dbg/go/program/program.h */
struct script_position;	 /* script.h */
struct session_observer; /* session_events.h */
struct stop_wait;	 /* session_target.h */

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Each setting has a row in settings.c (name, type, help); `set` and `show` access them by name. */
struct settings {
	enum color_mode color;
	bool stop_on_error; /* in scripts: `set on-error continue` clears it */
	bool quiet;
	bool runtime_frames; /* text output also shows frames inside the Go runtime */
	unsigned list_lines;
	unsigned print_depth, print_length, print_string; /* limits of values, see settings.c */
	unsigned unwinder;				  /* enum unwinder */
	unsigned width;					  /* of text output; 0: the terminal's */
	unsigned pause;					  /* enum pause_mode */
	int64_t max_stop_ns; /* for the watchdog, 0 disables it; fixed once the target is open */
	char *runtime;	     /* the Go runtime to inspect, see struct program_options */
	char *source_path;   /* "FROM=TO[:FROM=TO]", maps source paths to this machine; or NULL */
};

struct selection {
	bool goroutine_valid;
	uint64_t goid; /* selected goroutine */
	uint64_t g;    /* the address of its g; 0: not known yet */
	pid_t tid;     /* selected thread if no goroutine is selected; 0: none */
	size_t frame;  /* selected frame, numbered as in `bt`; SIZE_MAX: the innermost user frame */
	/* To find the frame again after the target ran: `frame` is then that of the old stack. */
	bool ran;
	size_t outer;	   /* the number of frames outside the selected one */
	uint64_t function; /* a hash of its function's name */
};

struct session {
	struct target *target;	 /* NULL before it is opened and after it is closed */
	struct program *program; /* NULL when `target` is */
	struct selection selection;
	struct settings settings;
	struct output out; /* of the running command */
	struct registry *registry;
	unsigned depth;	    /* nesting of session_execute(): more than 1 inside `source` */
	atomic_bool cancel; /* set by Ctrl-C, cleared before each top-level command */
	bool cancel_shown;  /* the line with the terminal's "^C" has been ended */
	bool interactive;
	bool quit;	   /* a command or a signal asked to leave */
	int leave_signal;  /* the signal that asked to leave; 0: none */
	bool findings;	   /* a check found problems: exit status 3 */
	unsigned failures; /* number of commands that failed */

	/* From the command line; NULL when not given. */
	const char *exe, *debug_file, *plugin_dir;

	/* Input (script.h, block.h). */
	struct script_position *script; /* position in the running script; NULL at the prompt */
	struct block *block;		/* the block being entered; NULL: none */
	bool continue_requested; /* a breakpoint's command list has reached `continue`: run no more
				    of it, nor of a script that it sources */

	/* Running the target (session_target.h, session_events.h). */
	struct stop_wait *wait; /* the innermost wait for the target to stop; NULL: none */
	uint64_t resumes;	/* how often the target was resumed */
	bool stop_reported;	/* the target is stopped and the event for this stop was handled */
	char stop_reason[32]; /* why it is stopped, for the prompt: "breakpoint 1"; "": as asked */
	bool json_events;     /* print events as JSON lines on `out` */
	const struct session_observer **observers;
	size_t observer_count, observer_capacity;

	/* State of the folders above; NULL: none. */
	struct break_session *breaks;
	struct sightings *diff;

	struct plugin_list *plugins; /* loaded plug-ins, see plugin_list.h */
	int64_t progress_ns;	     /* when progress began or was last printed; 0: none */
	bool progress_shown;	     /* the terminal shows a progress line */
};

void session_init(struct session *session);
/* Closes the target (a live process keeps running) and frees everything. */
void session_deinit(struct session *session);

/* Whether output on standard output is colored. */
bool session_uses_color(const struct session *session);

/*
 * Runs one line: a comment, an empty line, a line of an open block, or a command with its options
 * and an optional `> file`, `>> file` or `| shell command`. Returns the command's error, which the
 * caller reports with session_settle(). `quit` sets session->quit.
 */
struct error *session_execute(struct session *session, const char *line);

#endif
