/*
 * The list of commands: built-in ones register themselves through a linker section, plug-ins at run
 * time.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_REGISTRY_H
#define GCTXDBG_COMMANDS_SESSION_REGISTRY_H

#include "commands/session/arguments.h"
#include "commands/session/command.h"
#include "commands/session/completions.h"

struct registry;

/*
 * Puts a `static const struct command` into the program's command section:
 *   static const struct command goroutines_command = {…};
 *   REGISTER_COMMAND(goroutines_command);
 */
#define REGISTER_COMMAND(variable)                                                                 \
	static const struct command *const variable##_entry                                        \
		__attribute__((section("gctxdbg_commands"), used)) = &(variable)

struct error *registry_create(struct registry **ret); /* with all built-in commands */
void registry_destroy(struct registry *registry);
/* ERROR_USAGE when the name or an alias is taken. `command` must outlive the registry. */
struct error *registry_add(struct registry *registry, const struct command *command);
/* Forgets `command` (of a plug-in that cannot be loaded after all). */
void registry_remove(struct registry *registry, const struct command *command);

/*
 * Finds a command by full name, alias or unambiguous prefix; families ("plugin load") match word by
 * word. `*ret_length` is how much of `line` the name takes. ERROR_USAGE lists the candidates when
 * ambiguous, or the nearest names when unknown.
 */
struct error *registry_find(const struct registry *registry, const char *line,
	const struct command **ret, size_t *ret_length);

/* All commands, sorted by group and name. */
size_t registry_list(const struct registry *registry, const struct command *const **ret);

#endif
