/* Completion of a command line: see completion.h. */
#include "commands/cli/completion.h"

#include <ctype.h>

#include "commands/cli/completion_expression.h"
#include "commands/session/registry.h"
#include "commands/session/session_target.h"

/*
 * Adds the word of `name` that fits at the end of the line: "load" of "plugin load" after "plugin".
 * `*ret_start` is the offset of that word.
 */
static void add_name(const char *name, const char *line, size_t size,
	struct completions *completions, size_t *ret_start)
{
	size_t at = 0;
	for (;;) {
		while (at < size && isspace((unsigned char)line[at]))
			at++;
		size_t length = 0, name_length = strcspn(name, " ");
		while (at + length < size && !isspace((unsigned char)line[at + length]))
			length++;
		if (at + length == size) {
			char word[64], whole[64];
			if (length >= sizeof(word) || name_length >= sizeof(whole))
				return;
			snprintf(word, sizeof(word), "%.*s", (int)length, line + at);
			snprintf(whole, sizeof(whole), "%.*s", (int)name_length, name);
			*ret_start = at;
			completions_add(completions, word, whole);
			return;
		}
		if (length != name_length || strncmp(line + at, name, length) != 0 ||
			!name[name_length])
			return;
		at += length;
		name += name_length + 1;
	}
}

static void complete_name(struct session *session, const char *line, size_t size,
	struct completions *completions, size_t *ret_start)
{
	const struct command *const *commands;
	size_t count = registry_list(session->registry, &commands);
	for (size_t i = 0; i < count; i++)
		add_name(commands[i]->name, line, size, completions, ret_start);
	if (completions->count)
		return;
	for (size_t i = 0; i < count; i++)
		for (const char *const *alias = commands[i]->aliases; alias && *alias; alias++)
			add_name(*alias, line, size, completions, ret_start);
}

/* Finds the option for `word`, which is "--name" or "-n". */
static const struct command_option *find_option(const struct command *command, const char *word)
{
	for (const struct command_option *option = command->options; option && option->name;
		option++)
		if ((word[0] == '-' && word[1] == '-' && !strcmp(word + 2, option->name)) ||
			(word[0] == '-' && option->letter && word[1] == option->letter && !word[2]))
			return option;
	return NULL;
}

static void add_values(const struct command_option *option, const char *prefix, const char *word,
	struct completions *completions)
{
	for (const char *const *value = option->values; value && *value; value++) {
		char text[128];
		snprintf(text, sizeof(text), "%s%s", prefix, *value);
		completions_add(completions, word, text);
	}
}

static void complete_option(
	const struct command *command, const char *word, struct completions *completions)
{
	const char *equals = strchr(word, '=');
	if (equals) {
		char name[64], prefix[80];
		snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
		snprintf(prefix, sizeof(prefix), "%s=", name);
		const struct command_option *option = find_option(command, name);
		if (option)
			add_values(option, prefix, word, completions);
		return;
	}
	for (const struct command_option *option = command->options; option && option->name;
		option++) {
		char text[64];
		snprintf(text, sizeof(text), "--%s", option->name);
		completions_add(completions, word, text);
	}
}

/* Counts the arguments before the last word, and finds the option whose value the last word is. */
static void count_words(const struct command *command, const struct line *line,
	struct completion_position *position)
{
	position->words = 0;
	position->waiting = NULL;
	for (size_t i = 0; i < position->end.index && i < line->word_count; i++) {
		if (position->waiting) {
			position->waiting = NULL;
			continue;
		}
		const struct command_option *option = find_option(command, line->words[i]);
		if (option && option->argument)
			position->waiting = option;
		else if (line->words[i][0] != '-') {
			position->words++;
			bool fits = strlen(line->words[i]) < sizeof(position->previous);
			snprintf(position->previous, sizeof(position->previous), "%s",
				fits ? line->words[i] : "");
		}
	}
}

/* Finds the position of the last word of `text`, which follows the command's name. */
static struct error *find_position(
	const struct command *command, const char *text, struct completion_position *ret)
{
	*ret = (struct completion_position){.end = line_find_end(text, strlen(text))};
	_cleanup_free_ char *before = strndup(text, ret->end.word - (ret->end.quote != 0));
	struct line line;
	if (!before)
		return error_no_memory();
	struct error *err = line_init(&line, before);
	if (!err)
		count_words(command, &line, ret);
	line_deinit(&line);
	return err;
}

/*
 * True if the command's own candidates may be collected. Those of a command that needs a target
 * come from the target, which must not be read while it runs.
 */
static bool can_run_now(const struct session *session, const struct command *command)
{
	return !command->needs_target || session_can_read_target(session);
}

static void complete_arguments(struct session *session, const struct command *command,
	const char *text, const struct completion_position *position,
	struct completions *completions)
{
	const char *word = text + position->end.word;
	if (position->waiting) {
		add_values(position->waiting, "", word, completions);
		if (!position->waiting->values && command->complete_value &&
			can_run_now(session, command))
			command->complete_value(session, position->waiting, word, completions);
	} else if (*word == '-' && !position->end.quote)
		complete_option(command, word, completions);
	else if (command->complete && can_run_now(session, command)) {
		completions->previous = *position->previous ? position->previous : NULL;
		command->complete(session, position->words, word, completions);
		completions->previous = NULL;
	}
}

/* Finds the command of a line that continues after the command's name; NULL: none. `*ret_length` is
 * the length of the name. */
static const struct command *find_command(
	struct session *session, const char *typed, size_t *ret_length)
{
	const struct command *command;
	struct error *err = registry_find(session->registry, typed, &command, ret_length);
	bool found = !err && *ret_length < strlen(typed);
	error_destroy(err);
	return found ? command : NULL;
}

bool completion_in_expression(struct session *session, const char *line, size_t size)
{
	_cleanup_free_ char *typed = strndup(line, size);
	size_t length = 0;
	const struct command *command = typed ? find_command(session, typed, &length) : NULL;
	struct completion_position position;
	struct completion_expression expression;
	if (!command)
		return false;
	error_destroy(find_position(command, typed + length, &position));
	return completion_find_expression(command, typed + length, &position, &expression);
}

static void collect(struct session *session, const char *line, size_t size,
	struct completions *completions, size_t *ret_start)
{
	*completions = (struct completions){0};
	*ret_start = size;
	_cleanup_free_ char *typed = strndup(line, size);
	if (!typed)
		return;
	complete_name(session, typed, size, completions, ret_start);
	size_t length = 0;
	const struct command *command = find_command(session, typed, &length);
	if (!command)
		return;
	const char *text = typed + length;
	struct completion_position position;
	struct completion_expression expression;
	struct error *err = find_position(command, text, &position);
	completions_deinit(completions);
	*ret_start = length + position.end.word;
	if (completion_find_expression(command, text, &position, &expression)) {
		*ret_start = (size_t)(expression.word - typed);
		if (can_run_now(session, command))
			completion_add_fields(session, command, text, &expression, completions);
	} else if (position.end.kind == LINE_FILE) {
		completions_add_files(completions);
	} else if (position.end.kind == LINE_STDOUT && !err) {
		complete_arguments(session, command, text, &position, completions);
	}
	error_destroy(err);
}

void completion_collect(struct session *session, const char *line, size_t size,
	struct completions *completions, size_t *ret_start)
{
	/* Candidates may come from the default selection, which only a command makes. */
	struct selection before = session->selection;
	collect(session, line, size, completions, ret_start);
	/* But a selected frame that has returned is reported once, not at each TAB. */
	const struct selection *after = &session->selection;
	if (!before.ran || after->ran || !after->goroutine_valid || after->goid != before.goid)
		session->selection = before;
}
