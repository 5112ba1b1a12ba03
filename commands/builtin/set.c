/* The commands `set` and `show`. */
#include "commands/render/json.h"
#include "commands/render/table.h"
#include "commands/session/registry.h"
#include "commands/session/settings.h"
#include "commands/session/session.h"
#include "commands/session/session_target.h"
#include "dbg/go/program/runtimes.h"
#include "dbg/go/stacks/stack.h"

enum { VALUE_SIZE = 512 };

/* True for "set x = 1", "set x=1" and "set var x = 1" of other debuggers. */
static bool is_assignment(const struct arguments *arguments)
{
	if (strchr(arguments->words[0], '='))
		return true;
	for (size_t i = 1; i < arguments->word_count; i++) {
		if (arguments->words[i][0] == '=')
			return true;
	}
	return false;
}

static struct error *check_words(const struct arguments *arguments)
{
	if (is_assignment(arguments))
		return error_create(ERROR_USAGE,
			"gctxdbg never writes to the program's data; \"set NAME VALUE\" without "
			"\"=\" changes a setting of gctxdbg, see \"show\"");
	if (arguments->word_count != 2)
		return error_create(
			ERROR_USAGE, "set needs a name and a value; usage: set NAME VALUE");
	return NULL;
}

static struct error *run_set(struct session *session, const struct arguments *arguments)
{
	const struct setting *setting = NULL;
	unsigned unwinder = session->settings.unwinder;
	struct error *err = check_words(arguments);
	if (!err)
		err = setting_find(arguments->words[0], &setting);
	if (!err && session->program && strcmp(setting_name(setting), "runtime") == 0)
		err = session_switch_runtime(session, arguments->words[1]);
	if (!err)
		err = setting_parse(&session->settings, setting, arguments->words[1]);
	if (!err && session->target && strcmp(setting_name(setting), "pause") == 0)
		session->target->pause = session->settings.pause;
	if (!err && session->program)
		err = program_set_unwinder(session->program, session->settings.unwinder);
	if (err)
		session->settings.unwinder = unwinder;
	return err;
}

static void complete_setting(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	(void)session;
	if (word_index)
		return;
	for (size_t i = 0; setting_at(i); i++)
		completions_add(candidates, word, setting_name(setting_at(i)));
}

static struct error *show_json(struct session *session, const struct setting *only)
{
	char value[VALUE_SIZE];
	struct json *json = json_create(&session->out);
	json_object(json, "settings");
	for (size_t i = 0; setting_at(i); i++) {
		if (only && setting_at(i) != only)
			continue;
		setting_format(&session->settings, setting_at(i), value, sizeof(value));
		json_string(json, setting_name(setting_at(i)), value);
	}
	json_end(json);
	return json_finish(json);
}

static struct error *show_text(struct session *session, const struct setting *only)
{
	static const char *const headings[] = {"SETTING", "VALUE", "MEANING", NULL};
	char value[VALUE_SIZE];
	if (only) {
		setting_format(&session->settings, only, value, sizeof(value));
		output_text(&session->out, STYLE_PLAIN, value);
		output_printf(&session->out, STYLE_PLAIN, "\n");
		return NULL;
	}
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	for (size_t i = 0; setting_at(i); i++) {
		setting_format(&session->settings, setting_at(i), value, sizeof(value));
		table_cell(table, STYLE_PLAIN, "%s", setting_name(setting_at(i)));
		table_cell(table, STYLE_STRONG, "%s", value);
		table_cell(table, STYLE_PLAIN, "%s", setting_help(setting_at(i)));
	}
	table_print(table, &session->out);
	return NULL;
}

static struct error *run_show(struct session *session, const struct arguments *arguments)
{
	const struct setting *only = NULL;
	if (arguments->word_count) {
		struct error *err = setting_find(arguments->words[0], &only);
		if (err)
			return err;
	}
	if (!argument_given(arguments, "json"))
		return show_text(session, only);
	return show_json(session, only);
}

/* Offers the names of the files without their folders. */
static void complete_runtime(
	struct session *session, const char *word, struct completions *candidates)
{
	struct runtimes runtimes;
	program_runtimes(session->program, &runtimes);
	for (size_t i = 0; i < runtimes.count; i++) {
		const char *slash = strrchr(runtimes.paths[i], '/');
		completions_add(candidates, word, slash ? slash + 1 : runtimes.paths[i]);
	}
}

static void complete_value(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	if (!word_index) {
		complete_setting(session, word_index, word, candidates);
		return;
	}
	const struct setting *setting;
	if (word_index != 1 || !candidates->previous)
		return;
	struct error *err = setting_find(candidates->previous, &setting);
	const char *const *value = err ? NULL : setting_values(setting);
	for (; value && *value; value++)
		completions_add(candidates, word, *value);
	if (!err && session->program && strcmp(setting_name(setting), "runtime") == 0)
		complete_runtime(session, word, candidates);
	error_destroy(err);
}

static const struct command set_command = {
	.name = "set",
	.group = GROUP_SESSION,
	.usage = "set NAME VALUE",
	.summary = "Changes a setting",
	.help = "\"show\" lists the settings with their values and meanings. Variables of the "
		"program cannot be changed: gctxdbg never writes to its data.",
	.example = "set on-error continue",
	.min_words = 1,
	.max_words = ARGUMENTS_MAX_WORDS, /* so that an assignment gets its own error */
	.complete = complete_value,
	.run = run_set,
};
REGISTER_COMMAND(set_command);

static const struct command_option show_options[] = {
	{.name = "json", .help = "print one JSON document"},
	{0},
};

static const struct command show_command = {
	.name = "show",
	.group = GROUP_SESSION,
	.usage = "show [NAME] [--json]",
	.summary = "Shows one setting, or all",
	.example = "show source-path",
	.options = show_options,
	.max_words = 1,
	.complete = complete_setting,
	.run = run_show,
};
REGISTER_COMMAND(show_command);
