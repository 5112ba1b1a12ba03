/*
 * The command lists that breakpoints run when they stop.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COMMANDS_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COMMANDS_H

#include "commands/breakpoints/break_session.h"

/* True if the list starts with "silent", as in gdb: the stop itself is not printed. */
bool break_commands_are_silent(const struct session *session, int number);

/*
 * Runs the command list of breakpoint `number`. `*ret_go_on`: it ended with `continue`. Returns the
 * error of the command that failed, and names the command. A command may have closed the target,
 * and with it the breakpoints.
 */
struct error *break_commands_run(struct session *session, int number, bool *ret_go_on);

#endif
