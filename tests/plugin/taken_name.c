/* A plug-in whose second command has a name that is taken: neither command may stay registered. */
#include "commands/session/plugin.h"
#include "commands/session/session.h"

static struct error *run_nothing(struct session *session, const struct arguments *arguments)
{
	(void)session;
	(void)arguments;
	return NULL;
}

static const struct command fresh_command = {
	.name = "fresh",
	.group = GROUP_PLUGIN,
	.usage = "fresh",
	.summary = "do nothing",
	.run = run_nothing,
};

static const struct command quit_command = {
	.name = "quit",
	.group = GROUP_PLUGIN,
	.usage = "quit",
	.summary = "do nothing",
	.run = run_nothing,
};

static const struct command *const commands[] = {&fresh_command, &quit_command};

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI,
	.name = "taken_name",
	.commands = commands,
	.command_count = 2,
};
