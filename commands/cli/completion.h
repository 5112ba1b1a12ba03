/*
 * Completion of a line that is being typed: commands, options and their values, file names, and the
 * candidates that the command adds.
 */
#ifndef GCTXDBG_COMMANDS_CLI_COMPLETION_H
#define GCTXDBG_COMMANDS_CLI_COMPLETION_H

#include "commands/session/command.h"
#include "commands/session/completions.h"

/*
 * Collects the candidates for the word that ends at offset `size` in `line`; `*ret_start` is the
 * offset of its start. Free `completions` with completions_deinit().
 */
void completion_collect(struct session *session, const char *line, size_t size,
	struct completions *completions, size_t *ret_start);

/* True if the line ends inside an expression, where operators separate words. */
bool completion_in_expression(struct session *session, const char *line, size_t size);

#endif
