/* The command `help`: an overview of all commands, or the description of one. */
#include "commands/builtin/help_where.h"

#include "commands/session/registry.h"
#include "commands/session/session.h"

enum { HELP_WIDTH = 80, NAME_WIDTH = 18 };

static const char *const group_titles[] = {
	[GROUP_GOROUTINES] = "Goroutines",
	[GROUP_CONTEXTS] = "Contexts",
	[GROUP_THREADS] = "Threads",
	[GROUP_DATA] = "Program and memory",
	[GROUP_RUNNING] = "Running",
	[GROUP_BREAKPOINTS] = "Breakpoints",
	[GROUP_SESSION] = "Session",
	[GROUP_PLUGIN] = "Plug-ins",
};

/* A help topic that is not a command. */
struct topic {
	const char *name, *summary;
	struct error *(*print)(struct session *session);
};

static const struct topic topics[] = {
	{"where", "Fields and operators of expressions (--where EXPR)", help_print_where},
};

/* Formats "goroutines, grs": the name and the aliases that fit. */
static void format_names(const struct command *command, char *ret, size_t size)
{
	snprintf(ret, size, "%s", command->name);
	for (const char *const *alias = command->aliases; alias && *alias; alias++) {
		size_t used = strlen(ret);
		if (used + 2 + strlen(*alias) < size)
			snprintf(ret + used, size - used, ", %s", *alias);
	}
}

static void print_wrapped(struct output *output, const char *text, unsigned indent)
{
	bool narrow = output->width && output->width < HELP_WIDTH;
	output_wrapped(output, text, indent, narrow ? output->width : HELP_WIDTH);
}

static void print_row(struct output *output, const char *name, const char *text)
{
	output_printf(output, STYLE_PLAIN, "  ");
	output_printf(output, STYLE_FUNCTION, "%-*s", NAME_WIDTH, name);
	output_printf(output, STYLE_PLAIN, " ");
	output_paragraph(output, text, 3 + NAME_WIDTH);
}

static void print_overview(struct session *session)
{
	struct output *output = &session->out;
	const struct command *const *commands;
	size_t count = registry_list(session->registry, &commands);
	for (size_t i = 0; i < count; i++) {
		const struct command *command = commands[i];
		if (!i || commands[i - 1]->group != command->group) {
			bool known = (size_t)command->group < array_length(group_titles);
			output_printf(output, STYLE_STRONG, "%s\n",
				known ? group_titles[command->group] : "Other");
		}
		char names[NAME_WIDTH + 1];
		format_names(command, names, sizeof(names));
		print_row(output, names, command->summary);
	}
	output_printf(output, STYLE_STRONG, "Topics\n");
	for (size_t i = 0; i < array_length(topics); i++)
		print_row(output, topics[i].name, topics[i].summary);
	print_wrapped(output,
		"\"help COMMAND\" describes a command. Commands can be abbreviated if the result "
		"is unambiguous. \"> FILE\" redirects the output to a file, \"| COMMAND\" to a "
		"shell command; # begins a comment.",
		0);
}

static void print_options(struct output *output, const struct command_option *options)
{
	output_printf(output, STYLE_STRONG, "\nOptions\n");
	for (; options->name; options++) {
		char name[96], letter[8] = "";
		if (options->letter)
			snprintf(letter, sizeof(letter), "-%c, ", options->letter);
		snprintf(name, sizeof(name), "%s--%s%s%s", letter, options->name,
			options->argument ? " " : "", options->argument ? options->argument : "");
		print_row(output, name, options->help ? options->help : "");
		if (!options->values)
			continue;
		output_printf(output, STYLE_PLAIN, "%*sone of", NAME_WIDTH + 3, "");
		for (const char *const *value = options->values; *value; value++)
			output_printf(output, STYLE_PLAIN, "%s %s",
				value == options->values ? "" : ",", *value);
		output_printf(output, STYLE_PLAIN, "\n");
	}
}

static void print_command(struct session *session, const struct command *command)
{
	struct output *output = &session->out;
	output_printf(output, STYLE_PLAIN, "Usage: ");
	output_printf(output, STYLE_STRONG, "%s", command->usage);
	output_printf(output, STYLE_PLAIN, "\n\n%s.\n", command->summary);
	if (command->aliases && command->aliases[0]) {
		char names[128];
		format_names(command, names, sizeof(names));
		output_printf(
			output, STYLE_PLAIN, "Aliases: %s\n", names + strlen(command->name) + 2);
	}
	if (command->help) {
		output_printf(output, STYLE_PLAIN, "\n");
		print_wrapped(output, command->help, 0);
	}
	if (command->options && command->options->name)
		print_options(output, command->options);
	if (command->example) {
		output_printf(output, STYLE_STRONG, "\nExample\n");
		print_wrapped(output, command->example, 2);
	}
}

/* Prints the commands of the family `name` ("ctx"), one per line; false when there are none. */
static bool print_family(struct session *session, const char *name, const char *heading)
{
	const struct command *const *commands;
	size_t count = registry_list(session->registry, &commands), length = strlen(name);
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		if (strncmp(commands[i]->name, name, length) != 0 ||
			commands[i]->name[length] != ' ')
			continue;
		if (!any)
			output_printf(&session->out, STYLE_STRONG, "%s", heading);
		any = true;
		print_row(&session->out, commands[i]->name, commands[i]->summary);
	}
	return any;
}

static struct error *run_help(struct session *session, const struct arguments *arguments)
{
	if (!arguments->word_count) {
		print_overview(session);
		return NULL;
	}
	for (size_t i = 0; i < array_length(topics); i++)
		if (arguments->word_count == 1 && !strcmp(arguments->words[0], topics[i].name))
			return topics[i].print(session);
	char name[128] = "";
	for (size_t i = 0; i < arguments->word_count; i++) {
		size_t used = strlen(name);
		snprintf(name + used, sizeof(name) - used, "%s%s", used ? " " : "",
			arguments->words[i]);
	}
	const struct command *command;
	size_t length = 0;
	struct error *err = registry_find(session->registry, name, &command, &length);
	if (!err)
		print_command(session, command);
	/* "info" is both a command and a family. */
	if (print_family(session, name, err ? "Commands\n" : "\nRelated\n")) {
		error_destroy(err);
		return NULL;
	}
	return err;
}

static void complete_help(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	const struct command *const *commands;
	size_t count = registry_list(session->registry, &commands);
	for (size_t i = 0; !word_index && i < count; i++)
		completions_add(candidates, word, commands[i]->name);
	for (size_t i = 0; !word_index && i < array_length(topics); i++)
		completions_add(candidates, word, topics[i].name);
}

static const char *const help_aliases[] = {"h", "?", NULL};

static const struct command help_command = {
	.name = "help",
	.aliases = help_aliases,
	.group = GROUP_SESSION,
	.usage = "help [COMMAND | where]",
	.summary = "Lists the commands, or describes one",
	.example = "help goroutines",
	.max_words = 4,
	.complete = complete_help,
	.run = run_help,
};
REGISTER_COMMAND(help_command);
