/*
 * The lists of commands that breakpoints run when they stop.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COMMANDS_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COMMANDS_H

#include "commands/breakpoints/break_session.h"

/* "silent" is the first of its commands, as in gdb: they tell what is to be told. */
bool break_commands_are_silent(const struct session *session, int number);

/*
 * Runs those of one stop. `*ret_go_on`: they ended with `continue`. The error is that of the
 * command that failed, and names it. The session's breakpoints may be gone afterwards (detach).
 */
struct error *break_commands_run(struct session *session, int number, bool *ret_go_on);

#endif
