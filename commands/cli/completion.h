/*
 * Completion: what may follow a line that is being typed.
 */
#ifndef GCTXDBG_COMMANDS_CLI_COMPLETION_H
#define GCTXDBG_COMMANDS_CLI_COMPLETION_H

#include "commands/session/command.h"

struct completions {
	char **items; /* whole words; NULL-terminated by completions_take() */
	size_t count, capacity;
	bool files; /* file names are candidates too */
};

void completions_deinit(struct completions *completions);

/*
 * Collects candidates for the word that ends at `size` in `line`; `*ret_start` is where it begins.
 */
void completion_collect(struct session *session, const char *line, size_t size,
	struct completions *completions, size_t *ret_start);

/* Whether the line ends inside of an expression, whose words end at operators. */
bool completion_in_expression(struct session *session, const char *line, size_t size);

/* For complete() functions: file names are candidates. */
void completions_add_files(struct completions *completions);

/* Makes readline ask for `shell`'s completions; NULL: no more. */
void completion_install(struct session *session);

#endif
