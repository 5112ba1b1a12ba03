/* A plug-in with a newer ABI: it must be rejected before anything else in it is read. */
#include "commands/session/plugin.h"

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI + 1,
	.name = "wrong_abi",
	.command_count = 1000000,
};
