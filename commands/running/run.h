/*
 * Letting the target run for a while from within a command.
 */
#ifndef GCTXDBG_COMMANDS_RUNNING_RUN_H
#define GCTXDBG_COMMANDS_RUNNING_RUN_H

#include "commands/session/session.h"

/*
 * One wait for the process to stop. session->run is the innermost: a command in a breakpoint's list
 * may let the process run for a moment while `continue` waits.
 */
struct run {
	struct run *outer;
	int64_t deadline_ns; /* INT64_MAX: none */
	uint64_t hits;	     /* of breakpoints, told since; 0: no limit */
	uint64_t told;	     /* break_session.reported when it began */
	bool passing; /* for a command's own purpose: no stop is shown, no list of commands runs */
	bool ending;  /* it is about to stop the process, which shall not run on */
	struct error *failed; /* the first error of a breakpoint's list of commands */
};

/* Whether as many hits have been told as were asked for. */
bool run_has_hits(const struct session *session, const struct run *run);

/* Looks at a running target again (stops it, or as `pause` says) and tells so. */
struct error *session_stop(struct session *session);

/* Lets a stopped live target run; whoever calls this has put breakpoints in or taken them out. */
struct error *session_resume(struct session *session);

/*
 * Resumes a stopped live target, waits for `duration_ns` (or until it stops by itself, or Ctrl-C)
 * and stops it again; what was read is forgotten. ERROR_GONE when it is gone then or cannot run.
 */
struct error *session_let_run(struct session *session, int64_t duration_ns);

#endif
