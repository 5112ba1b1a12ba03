/*
 * Plug-ins: shared objects that add commands.
 *
 * A plug-in is built against the installed headers and exports one symbol:
 *
 *   const struct plugin gctxdbg_plugin = {
 *       .abi = PLUGIN_ABI, .name = "lockholders", .commands = commands, .command_count = 1 };
 *
 * It may call every function that the installed headers declare; the gctxdbg executable exports
 * them. PLUGIN_ABI is incremented whenever one of those declarations changes. A plug-in with
 * another number is rejected.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_PLUGIN_H
#define GCTXDBG_COMMANDS_SESSION_PLUGIN_H

#include "commands/session/arguments.h"
#include "commands/session/command.h"
#include "commands/session/completions.h"

enum { PLUGIN_ABI = 7 };

struct plugin {
	unsigned abi; /* first, so that it can be read whatever the rest looks like */
	const char *name;
	const struct command *const *commands;
	size_t command_count;
};

#define PLUGIN_SYMBOL "gctxdbg_plugin"

/*
 * Loads `path` and registers its commands. It stays loaded until the session ends. ERROR_USAGE if
 * the file is not a plug-in, is world-writable, has another ABI or a command name that is taken.
 */
struct error *plugin_load(struct session *session, const char *path);
/* Loads every *.so in `directory`, sorted by name. Stops at the first error. */
struct error *plugin_load_directory(struct session *session, const char *directory);
/* Unloads all plug-ins; for session_deinit(). */
void plugin_unload_all(struct session *session);

#endif
