/*
 * Plug-ins: shared objects with commands of their own.
 *
 * A plug-in is built against the installed headers and exports one symbol:
 *
 *   const struct plugin gctxdbg_plugin = {
 *       .abi = PLUGIN_ABI, .name = "lockholders", .commands = commands, .command_count = 1 };
 *
 * It may call every function declared in the installed headers; they are exported by the program
 * itself. PLUGIN_ABI changes whenever one of those declarations does; another number is refused
 * with a sentence.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_PLUGIN_H
#define GCTXDBG_COMMANDS_SESSION_PLUGIN_H

#include "commands/session/arguments.h"
#include "commands/session/command.h"
#include "commands/session/completions.h"

enum { PLUGIN_ABI = 5 };

struct plugin {
	unsigned abi; /* first, so that it can be read whatever follows */
	const char *name;
	const struct command *const *commands;
	size_t command_count;
};

#define PLUGIN_SYMBOL "gctxdbg_plugin"

/* Loads `path` and registers its commands. It stays loaded until the shell ends. */
struct error *plugin_load(struct session *session, const char *path);
/* Loads every *.so of `directory`, in the order of their names. */
struct error *plugin_load_directory(struct session *session, const char *directory);
/* Unloads all; for session_deinit(). */
void plugin_unload_all(struct session *session);

#endif
