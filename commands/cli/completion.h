/*
 * Completion: what may follow a line that is being typed.
 */
#ifndef GCTXDBG_COMMANDS_CLI_COMPLETION_H
#define GCTXDBG_COMMANDS_CLI_COMPLETION_H

#include "commands/session/command.h"
#include "commands/session/completions.h"

/*
 * Collects candidates for the word that ends at `size` in `line`; `*ret_start` is where it begins.
 */
void completion_collect(struct session *session, const char *line, size_t size,
	struct completions *completions, size_t *ret_start);

/* Whether the line ends inside of an expression, whose words end at operators. */
bool completion_in_expression(struct session *session, const char *line, size_t size);

#endif
