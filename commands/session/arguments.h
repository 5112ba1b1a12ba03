/*
 * Sorts the words of a command line into options, option values and arguments, using the option
 * table of the command; and the accessors with which a command reads the result.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_ARGUMENTS_H
#define GCTXDBG_COMMANDS_SESSION_ARGUMENTS_H

#include "commands/session/command.h"

struct parsed_arguments {
	struct arguments arguments; /* passed to run(); points into the other members */
	char **values;		    /* parallel to the command's options */
	void *context;		    /* poptContext; owns the words */
	void *table;		    /* the options as popt's table */
};

/*
 * Parses `words` (`count` of them, without the command's name; they must outlive the result). Free
 * `parsed` with arguments_deinit(), also after an error. ERROR_USAGE for an unknown option (with
 * the nearest one), a value that the option does not allow, and too few or too many words.
 */
struct error *arguments_init(struct parsed_arguments *parsed, const struct command *command,
	const char *const *words, size_t count);
void arguments_deinit(struct parsed_arguments *parsed);

/* True when the flag or option was given. `name` must be in the command's table. */
bool argument_given(const struct arguments *arguments, const char *name);
/* The option's argument; NULL when the option was not given. */
const char *argument_value(const struct arguments *arguments, const char *name);
/* Parses an unsigned number, decimal or 0x…. `what` names it in the ERROR_USAGE. */
struct error *argument_number(const char *text, const char *what, uint64_t *ret);
/* Parses "1m30s", "500ms" or "0" into nanoseconds. ERROR_USAGE as above. */
struct error *argument_duration(const char *text, const char *what, int64_t *ret);

#endif
