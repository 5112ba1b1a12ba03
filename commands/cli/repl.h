/*
 * The prompt: reads lines from a terminal and prints the target's events meanwhile.
 */
#ifndef GCTXDBG_COMMANDS_CLI_REPL_H
#define GCTXDBG_COMMANDS_CLI_REPL_H

#include "commands/session/session.h"

/* Reads and runs lines until `quit` or the end of the input. */
void repl_run(struct session *session);

/* Formats the prompt for the session's state: "(gctxdbg 4711 g18) ". */
void repl_prompt(const struct session *session, char *ret, size_t size);

#endif
