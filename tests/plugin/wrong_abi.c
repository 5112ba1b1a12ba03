/* A plug-in from the future: loading it must be refused before anything else in it is looked at. */
#include "commands/session/plugin.h"

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI + 1,
	.name = "wrong_abi",
	.command_count = 1000000,
};
