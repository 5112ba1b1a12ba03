/*
 * Shared by the parts of completion: completion.c (commands, options, words), and
 * completion_expression.c (names in expressions).
 */
#ifndef GCTXDBG_COMMANDS_CLI_COMPLETION_PRIVATE_H
#define GCTXDBG_COMMANDS_CLI_COMPLETION_PRIVATE_H

#include "commands/cli/completion.h"
#include "commands/session/line.h"

/* Where in the arguments of a command the line ends. */
struct completion_position {
	struct line_end end;
	size_t words;			      /* before it that are neither options nor values */
	const struct command_option *waiting; /* for its value; NULL */
};

/* An expression that the line ends in. */
struct completion_expression {
	const char *begin;
	const char *word; /* the name that is being typed, perhaps nothing yet */
	bool in_string;
};

/* False: the line does not end in an expression. `text` is what follows the command's name. */
bool completion_find_expression(const struct command *command, const char *text,
	const struct completion_position *location, struct completion_expression *ret);

/* Adds the names that there are. */
void completion_add_fields(struct session *session, const struct command *command, const char *text,
	const struct completion_expression *expression, struct completions *completions);

#endif
