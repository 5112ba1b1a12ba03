/*
 * The list of completion candidates that a command's complete() function fills.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_COMPLETIONS_H
#define GCTXDBG_COMMANDS_SESSION_COMPLETIONS_H

#include <stdbool.h>
#include <stddef.h>

struct completions {
	char **items; /* whole words; the list owns them */
	size_t count, capacity;
	bool files;	      /* file names are candidates too */
	const char *previous; /* the argument before the word; NULL: none. Valid in complete() */
};

/* Adds a copy of `text` if it starts with `word` and is not in the list. The list is bounded;
 * candidates past the limit are dropped. */
void completions_add(struct completions *completions, const char *word, const char *text);

/* Makes file names candidates. */
void completions_add_files(struct completions *completions);

void completions_deinit(struct completions *completions);

#endif
