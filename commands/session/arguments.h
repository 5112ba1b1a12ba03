/*
 * The words of a command line sorted into options, their values and the rest, by the command's own
 * table.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_ARGUMENTS_H
#define GCTXDBG_COMMANDS_SESSION_ARGUMENTS_H

#include "commands/session/command.h"

struct parsed_arguments {
	struct arguments arguments; /* what run() gets; points into the rest */
	char **values;		    /* parallel to the command's options */
	void *context;		    /* popt's; owns the words */
	void *table;		    /* popt's view of the options */
};

/*
 * Sorts `words` (NULL-terminated, without the command's name; they must outlive the result).
 * ERROR_USAGE names an unknown option with the nearest one, a value that is not allowed, too few or
 * too many words.
 */
struct error *arguments_init(struct parsed_arguments *parsed, const struct command *command,
	const char *const *words, size_t count);
void arguments_deinit(struct parsed_arguments *parsed);

#endif
