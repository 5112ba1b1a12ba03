/*
 * The list of commands. Built-in commands register themselves through a linker section, plug-ins at
 * run time. A file that defines a command includes this header.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_REGISTRY_H
#define GCTXDBG_COMMANDS_SESSION_REGISTRY_H

#include "commands/session/arguments.h"
#include "commands/session/command.h"
#include "commands/session/completions.h"

struct registry;

/*
 * Adds a `static const struct command` to the program's command section:
 *   static const struct command goroutines_command = {…};
 *   REGISTER_COMMAND(goroutines_command);
 */
#define REGISTER_COMMAND(variable)                                                                 \
	static const struct command *const variable##_entry                                        \
		__attribute__((section("gctxdbg_commands"), used)) = &(variable)

struct error *registry_create(struct registry **ret); /* contains all built-in commands */
void registry_destroy(struct registry *registry);
/* Adds a command, which must outlive the registry. ERROR_USAGE when its name or an alias is
 * taken. */
struct error *registry_add(struct registry *registry, const struct command *command);
/* Removes `command`, when the plug-in it belongs to could not be loaded. */
void registry_remove(struct registry *registry, const struct command *command);

/*
 * Finds a command by full name, alias or unambiguous prefix; families ("plugin load") match word by
 * word. `*ret_length` is the length of the name in `line`. ERROR_USAGE lists the candidates of an
 * ambiguous name, or the nearest name to an unknown one.
 */
struct error *registry_find(const struct registry *registry, const char *line,
	const struct command **ret, size_t *ret_length);

/* Returns all commands, sorted by group and name; valid until the registry changes. */
size_t registry_list(const struct registry *registry, const struct command *const **ret);

#endif
