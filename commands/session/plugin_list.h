/*
 * The list of loaded plug-ins, newest first. For plugin.c and `plugin list`.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_PLUGIN_LIST_H
#define GCTXDBG_COMMANDS_SESSION_PLUGIN_LIST_H

#include "commands/session/plugin.h"

struct plugin_list {
	struct plugin_list *next;
	void *handle; /* from dlopen() */
	const struct plugin *plugin;
	char *path;
};

#endif
