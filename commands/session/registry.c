/* The list of commands, and finding one by the words typed: see registry.h. */
#include "commands/session/registry.h"

#include <ctype.h>

#include "commands/session/nearest.h"

struct registry {
	const struct command **commands; /* sorted by group and name */
	size_t count, capacity;
};

/* Defined by the linker; weak, because a test program may have no commands. */
extern const struct command *const __start_gctxdbg_commands[] __attribute__((weak));
extern const struct command *const __stop_gctxdbg_commands[] __attribute__((weak));

/* Non-ASCII characters belong to a name too: "gö" must not be read as "g". */
static bool is_name_character(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/*
 * Returns the length of the word at `text`: name characters, or one other character, so that `!ls`
 * and `x/8xg` need no space.
 */
static size_t word_length(const char *text)
{
	size_t length = 0;
	while (is_name_character(text[length]))
		length++;
	return length || !*text || isspace((unsigned char)*text) ? length : 1;
}

static const char *skip_space(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* How the start of a line matches a name. */
struct match {
	size_t words;  /* of the name that match, abbreviated or not */
	size_t length; /* of these words in the line */
	bool complete; /* all words of the name match */
	bool exact;    /* none is abbreviated */
};

static struct match match_name(const char *name, const char *line)
{
	struct match match = {.exact = true};
	const char *at = skip_space(line);
	for (; *name; name = skip_space(name)) {
		size_t name_length = word_length(name), length = word_length(at);
		if (!length || length > name_length || strncmp(name, at, length) != 0)
			return match;
		if (length < name_length)
			match.exact = false;
		match.words++;
		match.length = (size_t)(at - line) + length;
		name += name_length;
		at = skip_space(at + length);
	}
	match.complete = true;
	return match;
}

static const struct command *find_exact(
	const struct registry *registry, const char *line, size_t *ret_length)
{
	const struct command *found = NULL;
	size_t words = 0;
	for (size_t i = 0; i < registry->count; i++) {
		const struct command *command = registry->commands[i];
		const char *name = command->name;
		for (const char *const *alias = command->aliases; name;
			name = alias ? *alias++ : NULL) {
			struct match match = match_name(name, line);
			if (!match.complete || !match.exact || match.words <= words)
				continue;
			found = command;
			words = match.words;
			*ret_length = match.length;
		}
	}
	return found;
}

/* The commands that an abbreviation may mean: those whose names have the most words in common with
 * the line. */
struct candidates {
	const struct command *first;
	struct match match; /* of the first */
	size_t count;
	char list[256]; /* their names, for the message */
};

static void add_candidate(
	struct candidates *candidates, const struct command *command, struct match match)
{
	if (match.words < candidates->match.words ||
		(candidates->count && candidates->first == command))
		return;
	if (match.words > candidates->match.words)
		candidates->count = 0;
	if (!candidates->count++) {
		candidates->first = command;
		candidates->match = match;
		candidates->list[0] = 0;
	}
	nearest_list_add(candidates->list, sizeof(candidates->list), command->name);
}

static void find_abbreviated(const struct registry *registry, const char *line, bool aliases,
	struct candidates *candidates)
{
	*candidates = (struct candidates){0};
	for (size_t i = 0; i < registry->count; i++) {
		const struct command *command = registry->commands[i];
		const char *const single[] = {command->name, NULL};
		const char *const *names = aliases ? command->aliases : single;
		for (; names && *names; names++) {
			struct match match = match_name(*names, line);
			if (match.complete)
				add_candidate(candidates, command, match);
		}
	}
}

/* Copies the word at `text`, cut to `size`. */
static void copy_word(const char *text, char *ret, size_t size)
{
	size_t length = word_length(text);
	snprintf(ret, size, "%.*s", (int)(length < size ? length : size), text);
}

/* The error for a family of commands ("ctx") followed by a word that is none of its commands. */
static struct error *unknown_subcommand(
	const struct registry *registry, const struct candidates *family, const char *line)
{
	char word[64];
	struct nearest nearest;
	copy_word(skip_space(line + family->match.length), word, sizeof(word));
	if (!*word || *word == '-')
		return error_create(ERROR_USAGE, "\"%.*s\" needs a subcommand; there %s: %s",
			(int)family->match.length, line, family->count == 1 ? "is" : "are",
			family->list);
	nearest_init(&nearest, word);
	for (size_t i = 0; i < registry->count; i++) {
		const char *name = registry->commands[i]->name;
		if (match_name(name, line).words == family->match.words && strchr(name, ' '))
			nearest_offer(&nearest, strchr(name, ' ') + 1);
	}
	int length = (int)family->match.length;
	if (nearest.best)
		return error_create(ERROR_USAGE,
			"unknown command \"%.*s %s\" (did you mean %.*s %s?)", length, line, word,
			length, line, nearest.best);
	return error_create(ERROR_USAGE, "unknown command \"%.*s %s\"; there %s: %s", length, line,
		word, family->count == 1 ? "is" : "are", family->list);
}

/* The error for a line that does not start with a command. */
static struct error *unknown_command(const struct registry *registry, const char *line)
{
	line = skip_space(line);
	struct candidates family = {0};
	for (size_t i = 0; i < registry->count; i++) {
		struct match match = match_name(registry->commands[i]->name, line);
		if (match.words && !match.complete)
			add_candidate(&family, registry->commands[i], match);
	}
	if (family.count)
		return unknown_subcommand(registry, &family, line);

	char word[64];
	copy_word(line, word, sizeof(word));
	struct nearest nearest;
	nearest_init(&nearest, word);
	for (size_t i = 0; i < registry->count; i++) {
		const struct command *command = registry->commands[i];
		nearest_offer(&nearest, command->name);
		for (const char *const *alias = command->aliases; alias && *alias; alias++)
			if (strlen(*alias) > 3)
				nearest_offer(&nearest, *alias);
	}
	if (nearest.best)
		return error_create(ERROR_USAGE, "unknown command \"%s\" (did you mean %s?)", word,
			nearest.best);
	return error_create(
		ERROR_USAGE, "unknown command \"%s\"; \"help\" lists the commands", word);
}

struct error *registry_find(const struct registry *registry, const char *line,
	const struct command **ret, size_t *ret_length)
{
	const struct command *exact = find_exact(registry, line, ret_length);
	if (exact) {
		*ret = exact;
		return NULL;
	}
	struct candidates candidates;
	find_abbreviated(registry, line, false, &candidates);
	if (!candidates.count)
		find_abbreviated(registry, line, true, &candidates);
	if (!candidates.count)
		return unknown_command(registry, line);
	if (candidates.count > 1) {
		const char *start = skip_space(line);
		return error_create(ERROR_USAGE, "ambiguous command \"%.*s\": %s",
			(int)(candidates.match.length - (size_t)(start - line)), start,
			candidates.list);
	}
	*ret = candidates.first;
	*ret_length = candidates.match.length;
	return NULL;
}

size_t registry_list(const struct registry *registry, const struct command *const **ret)
{
	*ret = registry->commands;
	return registry->count;
}

/* Finds the command with this name or alias. */
static const struct command *owner_of(const struct registry *registry, const char *name)
{
	for (size_t i = 0; i < registry->count; i++) {
		const struct command *command = registry->commands[i];
		if (!strcmp(command->name, name))
			return command;
		for (const char *const *alias = command->aliases; alias && *alias; alias++)
			if (!strcmp(*alias, name))
				return command;
	}
	return NULL;
}

struct error *registry_add(struct registry *registry, const struct command *command)
{
	const char *name = command->name;
	for (const char *const *alias = command->aliases; name; name = alias ? *alias++ : NULL) {
		const struct command *owner = owner_of(registry, name);
		if (owner)
			return error_create(ERROR_USAGE,
				"the command name \"%s\" is taken by \"%s\"", name, owner->name);
	}
	if (!array_reserve(&registry->commands, &registry->capacity, registry->count + 1))
		return error_no_memory();
	size_t at = registry->count;
	for (; at > 0; at--) {
		const struct command *before = registry->commands[at - 1];
		if (before->group < command->group ||
			(before->group == command->group &&
				strcmp(before->name, command->name) < 0))
			break;
		registry->commands[at] = before;
	}
	registry->commands[at] = command;
	registry->count++;
	return NULL;
}

void registry_remove(struct registry *registry, const struct command *command)
{
	size_t kept = 0;
	for (size_t i = 0; i < registry->count; i++)
		if (registry->commands[i] != command)
			registry->commands[kept++] = registry->commands[i];
	registry->count = kept;
}

struct error *registry_create(struct registry **ret)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	if (!registry)
		return error_no_memory();
	for (const struct command *const *entry = __start_gctxdbg_commands;
		entry < __stop_gctxdbg_commands; entry++) {
		struct error *err = registry_add(registry, *entry);
		if (err) {
			registry_destroy(registry);
			return err;
		}
	}
	*ret = registry;
	return NULL;
}

void registry_destroy(struct registry *registry)
{
	if (!registry)
		return;
	free(registry->commands);
	free(registry);
}
