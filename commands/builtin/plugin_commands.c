/* The commands `plugin load` and `plugin list`. */
#include "commands/render/json.h"
#include "commands/render/table.h"
#include "commands/session/plugin_list.h"
#include "commands/session/registry.h"
#include "commands/session/session.h"

static struct error *run_load(struct session *session, const struct arguments *arguments)
{
	return plugin_load(session, arguments->words[0]);
}

static void complete_load(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	(void)session;
	(void)word;
	if (!word_index)
		completions_add_files(candidates);
}

static const struct command plugin_load_command = {
	.name = "plugin load",
	.group = GROUP_PLUGIN,
	.usage = "plugin load FILE",
	.summary = "Loads commands from a shared object",
	.help = "A plug-in is built against the installed headers, see commands/session/plugin.h, "
		"and stays loaded until gctxdbg exits. A plug-in that was built for another "
		"plug-in ABI, or that is world-writable, is rejected. --plugin-dir on the command "
		"line loads all plug-ins in a directory.",
	.example = "plugin load ./lockholders.so",
	.min_words = 1,
	.max_words = 1,
	.complete = complete_load,
	.run = run_load,
};
REGISTER_COMMAND(plugin_load_command);

static struct error *list_json(struct session *session)
{
	struct json *json = json_create(&session->out);
	json_array(json, "plugins");
	for (const struct plugin_list *at = session->plugins; at; at = at->next) {
		json_object(json, NULL);
		json_string(json, "name", at->plugin->name);
		json_string(json, "file", at->path);
		json_array(json, "commands");
		for (size_t i = 0; i < at->plugin->command_count; i++)
			json_string(json, NULL, at->plugin->commands[i]->name);
		json_end(json);
		json_end(json);
	}
	return json_finish(json);
}

static struct error *run_list(struct session *session, const struct arguments *arguments)
{
	static const char *const headings[] = {"PLUG-IN", "COMMAND", "FILE", NULL};
	if (argument_given(arguments, "json"))
		return list_json(session);
	if (!session->plugins)
		return NULL;
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	for (const struct plugin_list *at = session->plugins; at; at = at->next) {
		for (size_t i = 0; i < at->plugin->command_count; i++) {
			table_cell(table, STYLE_PLAIN, "%s",
				at->plugin->name ? at->plugin->name : "?");
			table_cell(table, STYLE_STRONG, "%s", at->plugin->commands[i]->name);
			table_cell(table, STYLE_PLAIN, "%s", at->path);
		}
	}
	table_print(table, &session->out);
	return NULL;
}

static const struct command_option list_options[] = {
	{.name = "json", .help = "print one JSON document"},
	{0},
};

static const struct command plugin_list_command = {
	.name = "plugin list",
	.group = GROUP_PLUGIN,
	.usage = "plugin list [--json]",
	.summary = "Lists the loaded plug-ins and their commands",
	.example = "plugin list",
	.options = list_options,
	.run = run_list,
};
REGISTER_COMMAND(plugin_list_command);
