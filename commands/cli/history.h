/*
 * The prompt's history, stored in $XDG_STATE_HOME/gctxdbg/history.
 */
#ifndef GCTXDBG_COMMANDS_CLI_HISTORY_H
#define GCTXDBG_COMMANDS_CLI_HISTORY_H

/* Reads the history file, or creates it so that only the user can read it. Ignores errors. */
void history_load(void);

/* Adds a line to the history and the file, unless it is empty, starts with a space or repeats the
 * last one. */
void history_remember(const char *line);

/* Frees the history in memory. */
void history_forget(void);

#endif
