/*
 * The prompt's history, kept in $XDG_STATE_HOME/gctxdbg/history.
 */
#ifndef GCTXDBG_COMMANDS_CLI_HISTORY_H
#define GCTXDBG_COMMANDS_CLI_HISTORY_H

/* Reads the file; a missing one is fine. Only the user can read what it creates. */
void history_load(void);

/* Adds a line to the list and to the file, unless it is empty, begins with a space or repeats the
 * last one. */
void history_remember(const char *line);

/* Frees the list. */
void history_forget(void);

#endif
