/* Parses the arguments of a command with popt, and numbers and durations: see arguments.h. */
#include "commands/session/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <popt.h>

#include "commands/session/nearest.h"
#include "dwarf/base/duration.h"

static size_t option_count(const struct command *command)
{
	size_t count = 0;
	while (command->options && command->options[count].name)
		count++;
	return count;
}

/* popt's view of the options; each value is its index + 1. */
static struct poptOption *popt_table(const struct command *command)
{
	size_t count = option_count(command);
	struct poptOption *table = calloc(count + 1, sizeof(*table));
	for (size_t i = 0; table && i < count; i++) {
		const struct command_option *option = &command->options[i];
		table[i] = (struct poptOption){
			.longName = option->name,
			.shortName = option->letter,
			.argInfo = option->argument ? POPT_ARG_STRING : POPT_ARG_NONE,
			.val = (int)i + 1,
		};
	}
	return table;
}

static struct error *unknown_option(const struct command *command, const char *typed)
{
	struct nearest nearest;
	nearest_init(&nearest, typed + strspn(typed, "-"));
	for (size_t i = 0; i < option_count(command); i++)
		nearest_offer(&nearest, command->options[i].name);
	if (nearest.best && strlen(nearest.word) > 1)
		return error_create(ERROR_USAGE, "%s has no option %s (did you mean --%s?)",
			command->name, typed, nearest.best);
	return error_create(ERROR_USAGE, "%s has no option %s; \"help %s\" lists them",
		command->name, typed, command->name);
}

static struct error *option_error(const struct command *command, poptContext context, int status)
{
	const char *typed = poptBadOption(context, 0);
	typed = typed ? typed : "?";
	switch (status) {
	case POPT_ERROR_BADOPT:
		return unknown_option(command, typed);
	case POPT_ERROR_NOARG:
		return error_create(ERROR_USAGE, "%s %s needs a value; usage: %s", command->name,
			typed, command->usage);
	default:
		return error_create(
			ERROR_USAGE, "%s %s: %s", command->name, typed, poptStrerror(status));
	}
}

static struct error *check_value(
	const struct command *command, const struct command_option *option, const char *value)
{
	if (!option->values)
		return NULL;
	char list[256] = "";
	for (const char *const *allowed = option->values; *allowed; allowed++) {
		if (!strcmp(*allowed, value))
			return NULL;
		nearest_list_add(list, sizeof(list), *allowed);
	}
	return error_create(ERROR_USAGE, "%s --%s cannot be \"%s\": use one of %s", command->name,
		option->name, value, list);
}

static struct error *take_options(struct parsed_arguments *parsed, const struct command *command)
{
	poptContext context = parsed->context;
	int status;
	while ((status = poptGetNextOpt(context)) > 0) {
		size_t index = (size_t)status - 1;
		const struct command_option *option = &command->options[index];
		free(parsed->values[index]);
		parsed->values[index] = option->argument ? poptGetOptArg(context) : strdup("");
		if (!parsed->values[index])
			return error_no_memory();
		struct error *err = check_value(command, option, parsed->values[index]);
		if (err)
			return err;
	}
	return status == -1 ? NULL : option_error(command, context, status);
}

static struct error *take_words(struct parsed_arguments *parsed, const struct command *command)
{
	static const char *const none[] = {NULL};
	const char **words = poptGetArgs(parsed->context);
	parsed->arguments.words = words ? words : none;
	size_t count = 0;
	while (parsed->arguments.words[count])
		count++;
	parsed->arguments.word_count = count;
	if (count < command->min_words)
		return error_create(ERROR_USAGE, "%s needs %s; usage: %s", command->name,
			command->min_words == 1 ? "an argument" : "more arguments", command->usage);
	size_t most =
		command->max_words < ARGUMENTS_MAX_WORDS ? command->max_words : ARGUMENTS_MAX_WORDS;
	if (count > most)
		return error_create(ERROR_USAGE, "%s: unexpected argument \"%s\"; usage: %s",
			command->name, parsed->arguments.words[most], command->usage);
	return NULL;
}

struct error *arguments_init(struct parsed_arguments *parsed, const struct command *command,
	const char *const *words, size_t count)
{
	*parsed = (struct parsed_arguments){0};
	_cleanup_free_ const char **argv = calloc(count + 2, sizeof(*argv));
	parsed->arguments.command = command;
	parsed->table = popt_table(command);
	parsed->values = calloc(option_count(command) + 1, sizeof(*parsed->values));
	if (!argv || !parsed->table || !parsed->values)
		return error_no_memory();
	argv[0] = command->name;
	memcpy(argv + 1, words, count * sizeof(*argv));
	/* popt copies argv, but not the table. */
	parsed->context = poptGetContext(
		command->name, (int)count + 1, argv, parsed->table, POPT_CONTEXT_NO_EXEC);
	if (!parsed->context)
		return error_no_memory();
	parsed->arguments.option_values = (const char *const *)parsed->values;
	parsed->arguments.rest = "";
	struct error *err = take_options(parsed, command);
	return err ? err : take_words(parsed, command);
}

void arguments_deinit(struct parsed_arguments *parsed)
{
	for (size_t i = 0; parsed->values && i < option_count(parsed->arguments.command); i++)
		free(parsed->values[i]);
	free(parsed->values);
	if (parsed->context)
		poptFreeContext(parsed->context);
	free(parsed->table);
	*parsed = (struct parsed_arguments){0};
}

const char *argument_value(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; arguments->option_values && i < option_count(arguments->command); i++)
		if (!strcmp(arguments->command->options[i].name, name))
			return arguments->option_values[i];
	return NULL;
}

bool argument_given(const struct arguments *arguments, const char *name)
{
	return argument_value(arguments, name) != NULL;
}

struct error *argument_number(const char *text, const char *what, uint64_t *ret)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, base);
	if (!isdigit((unsigned char)*text) || *end || (base == 16 && !text[2]))
		return error_create(ERROR_USAGE, "%s must be a number, not \"%s\"", what, text);
	if (errno == ERANGE)
		return error_create(ERROR_USAGE, "%s is too large: %s", what, text);
	*ret = value;
	return NULL;
}

/* Converts digits with an optional fraction in units of `unit` nanoseconds; false on overflow. */
static bool scale(const char *text, size_t length, int64_t unit, int64_t *ret)
{
	int64_t value = 0, fraction = 0, weight = 1;
	bool in_fraction = false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '.') {
			in_fraction = true;
		} else if (!in_fraction) {
			if (__builtin_mul_overflow(value, 10, &value) ||
				__builtin_add_overflow(value, text[i] - '0', &value))
				return false;
		} else if (weight < 1000000000) {
			fraction = fraction * 10 + (text[i] - '0');
			weight *= 10;
		}
	}
	/* At most nine digits times at most a day: no overflow in 128 bits. */
	int64_t part = (int64_t)((__int128)fraction * unit / weight);
	return !__builtin_mul_overflow(value, unit, &value) &&
	       !__builtin_add_overflow(value, part, ret);
}

struct error *argument_duration(const char *text, const char *what, int64_t *ret)
{
	int64_t total = 0;
	const char *at = text;
	do {
		size_t digits = strspn(at, "0123456789"), length = digits;
		if (at[length] == '.')
			length += 1 + strspn(at + length + 1, "0123456789");
		size_t letters = strspn(at + length, "abcdefghijklmnopqrstuvwxyz");
		/* As in expressions, only 0 needs no unit. */
		bool zero = strcmp(text, "0") == 0;
		size_t unit_length = 0;
		int64_t unit = zero ? 1 : duration_unit(at + length, letters, &unit_length);
		int64_t part = 0;
		if (!digits || !unit || unit_length != letters)
			return error_create(ERROR_USAGE,
				"%s must be a duration such as 500ms, 30s or 1h30m, not \"%s\"",
				what, text);
		if (!scale(at, length, unit, &part) || __builtin_add_overflow(total, part, &total))
			return error_create(ERROR_USAGE, "%s is too long: %s", what, text);
		at += length + letters;
	} while (*at);
	*ret = total;
	return NULL;
}
