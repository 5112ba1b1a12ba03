/*
 * Changing breakpoints of a process that runs, as it does at a prompt: it is stopped only for the
 * change. At a prompt that inspects a snapshot, the process runs on as well once the breakpoints
 * are set; a script decides itself, with `continue`.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_CHANGE_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_CHANGE_H

#include "commands/breakpoints/break_session.h"

struct break_change {
	bool ran;      /* the process ran before the change */
	bool was_copy; /* a snapshot of it was inspected */
	bool stays;    /* it called runtime.Breakpoint meanwhile, and stays stopped */
};

/*
 * Stops the process if it runs. If this succeeds, break_change_end() must follow, whether the
 * change succeeds or not.
 */
struct error *break_change_begin(struct session *session, struct break_change *ret);

/*
 * Sets the traps and lets the process run on, unless it was stopped before or has hit a breakpoint
 * meanwhile. Returns `err`, the result of the change, or else its own error.
 */
struct error *break_change_end(
	struct session *session, const struct break_change *change, struct error *err);

#endif
