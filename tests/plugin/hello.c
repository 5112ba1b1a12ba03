/* The smallest plug-in: one command, with an option, text and JSON. */
#include "commands/render/json.h"
#include "commands/render/output.h"
#include "commands/session/plugin.h"
#include "commands/session/session.h"

static struct error *run_hello(struct session *session, const struct arguments *arguments)
{
	const char *name = arguments->word_count ? arguments->words[0] : "gopher";
	if (argument_given(arguments, "json")) {
		struct json *json = json_create(&session->out);
		json_string(json, "hello", name);
		json_finish(json);
		return NULL;
	}
	output_printf(&session->out, STYLE_STRONG, "hello, ");
	output_text(&session->out, STYLE_PLAIN, name);
	output_printf(&session->out, STYLE_PLAIN, "\n");
	return NULL;
}

static const struct command_option hello_options[] = {
	{.name = "json", .help = "one JSON document"},
	{0},
};

static const char *const hello_aliases[] = {"hi", NULL};

static const struct command hello_command = {
	.name = "hello",
	.aliases = hello_aliases,
	.group = GROUP_PLUGIN,
	.usage = "hello [NAME] [--json]",
	.summary = "Greets a gopher",
	.example = "hello gopher",
	.options = hello_options,
	.max_words = 1,
	.run = run_hello,
};

static const struct command *const commands[] = {&hello_command};

const struct plugin gctxdbg_plugin = {
	.abi = PLUGIN_ABI,
	.name = "hello",
	.commands = commands,
	.command_count = 1,
};
