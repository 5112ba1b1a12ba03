/*
 * What happens to the hits of breakpoints: trace lines are printed while the target runs, stops are
 * shown once it is stopped.
 *
 * session_handle_events() calls break_stop_take() and break_stop_settle() through the session's
 * observers (break_session.c). Trace lines are printed as they come. Once the target is stopped,
 * its stops are shown and their command lists run; the target is resumed if all of them ended with
 * `continue`.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_STOP_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_STOP_H

#include "commands/breakpoints/break_session.h"
#include "commands/session/session_target.h"

/* Takes queued events, and counts those that are only to be counted. Returns true if others are
 * left to print. */
bool break_stop_collect(struct session *session);

/* Takes all queued events: prints traces, keeps stops. */
void break_stop_take(struct session *session);

/* If the target is stopped: shows the kept stops, runs their command lists, and resumes the target
 * if they say so. */
void break_stop_settle(struct session *session);

/* True when as many hits were reported as `wait` asked for. */
bool break_stop_limit_reached(const struct session *session, const struct stop_wait *wait);

#endif
