/*
 * Completion inside an expression: the position of the cursor in a command line, and the field
 * names that the expression may use.
 */
#ifndef GCTXDBG_COMMANDS_CLI_COMPLETION_EXPRESSION_H
#define GCTXDBG_COMMANDS_CLI_COMPLETION_EXPRESSION_H

#include "commands/session/command.h"
#include "commands/session/completions.h"
#include "commands/session/line.h"

/* Where the line ends among the arguments of a command. */
struct completion_position {
	struct line_end end;
	size_t words; /* arguments before the last word, not counting options and their values */
	const struct command_option *waiting; /* the last word is this option's value; or NULL */
	char previous[64]; /* the argument before the last word; "": none, or too long */
};

/* The expression in which the line ends. */
struct completion_expression {
	const char *begin;
	const char *word; /* start of the name being typed, which may be empty */
	bool in_string;
};

/* Returns false when the line does not end in an expression. `text` follows the command's name. */
bool completion_find_expression(const struct command *command, const char *text,
	const struct completion_position *position, struct completion_expression *ret);

/* Adds the field names that the expression may use. */
void completion_add_fields(struct session *session, const struct command *command, const char *text,
	const struct completion_expression *expression, struct completions *completions);

#endif
