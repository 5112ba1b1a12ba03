/* The table of settings, one row each: see settings.h. */
#include "commands/session/settings.h"

#include <limits.h>

#include "commands/session/arguments.h"
#include "commands/session/nearest.h"
#include "dbg/go/values/value.h"

enum setting_kind {
	SETTING_CHOICE, /* one of `values`; stored as its index in an unsigned */
	SETTING_SWITCH, /* one of two values; stored as a bool, index 1 is true */
	SETTING_COUNT,	/* an unsigned */
	SETTING_STRING, /* a char * that the settings own */
	SETTING_FIXED,	/* a duration that only an option sets */
};

struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset; /* into struct settings */
	const char *const *values;
	const char *help;
};

static const char *const color_values[] = {"auto", "always", "never", NULL};
static const char *const switch_values[] = {"off", "on", NULL};
static const char *const error_values[] = {"continue", "stop", NULL};
static const char *const pause_values[] = {"stop", "fork", NULL};
static const char *const unwinder_values[] = {"pclntab", "dwarf", NULL};

#define AT(field) offsetof(struct settings, field)

static const struct setting settings_table[] = {
	{"color", SETTING_CHOICE, AT(color), color_values,
		"use color on a terminal (auto), always or never"},
	{"list-lines", SETTING_COUNT, AT(list_lines), NULL,
		"number of source lines that `list` prints"},
	{"max-stop", SETTING_FIXED, AT(max_stop_ns), NULL,
		"resume a live process that has been stopped for this long (default 30s, no limit "
		"at a prompt; 0: no limit); set with --max-stop"},
	{"on-error", SETTING_SWITCH, AT(stop_on_error), error_values,
		"stop a script at the first command that fails, or continue"},
	{"pause", SETTING_CHOICE, AT(pause), pause_values,
		"how to inspect a live process: stop it, or fork a frozen copy and resume it"},
	{"print-depth", SETTING_COUNT, AT(print_depth), NULL,
		"nesting depth of printed values: pointers, structs, lists"},
	{"print-length", SETTING_COUNT, AT(print_length), NULL,
		"number of elements printed of a slice, array, map or channel"},
	{"print-string", SETTING_COUNT, AT(print_string), NULL,
		"number of bytes printed of a string"},
	{"quiet", SETTING_SWITCH, AT(quiet), switch_values,
		"print only results, warnings and errors"},
	{"runtime", SETTING_STRING, AT(runtime), NULL,
		"the Go runtime to inspect, if the process has several: its number or file, see "
		"info"},
	{"runtime-frames", SETTING_SWITCH, AT(runtime_frames), switch_values,
		"also show frames inside the Go runtime in text output"},
	{"source-path", SETTING_STRING, AT(source_path), NULL,
		"replace the prefix FROM of source paths by TO to find source files on this "
		"machine: FROM=TO, separated by colons"},
	{"unwinder", SETTING_CHOICE, AT(unwinder), unwinder_values,
		"how to unwind Go frames: as the runtime does, or with DWARF"},
	{"width", SETTING_COUNT, AT(width), NULL,
		"columns of text output (0: the width of the terminal)"},
};

#undef AT

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.color = COLOR_AUTO,
		.stop_on_error = true,
		.list_lines = 10,
		.runtime = strdup("1"),
		.print_depth = (unsigned)value_limits_default.depth,
		.print_length = (unsigned)value_limits_default.elements,
		.print_string = (unsigned)value_limits_default.string,
	};
}

void settings_deinit(struct settings *settings)
{
	free(take_pointer(settings->source_path));
	free(take_pointer(settings->runtime));
}

const struct setting *setting_at(size_t index)
{
	return index < array_length(settings_table) ? &settings_table[index] : NULL;
}

struct error *setting_find(const char *name, const struct setting **ret)
{
	const struct setting *found = NULL;
	size_t matches = 0;
	struct nearest nearest;
	nearest_init(&nearest, name);
	for (size_t i = 0; i < array_length(settings_table); i++) {
		const struct setting *setting = &settings_table[i];
		nearest_offer(&nearest, setting->name);
		if (!strncmp(setting->name, name, strlen(name))) {
			found = setting;
			matches++;
		}
		if (!strcmp(setting->name, name)) {
			*ret = setting;
			return NULL;
		}
	}
	if (matches == 1) {
		*ret = found;
		return NULL;
	}
	if (matches > 1)
		return error_create(ERROR_USAGE,
			"more than one setting begins with \"%s\"; \"show\" lists them", name);
	if (nearest.best)
		return error_create(ERROR_USAGE, "unknown setting \"%s\" (did you mean %s?)", name,
			nearest.best);
	return error_create(ERROR_USAGE, "unknown setting \"%s\"; \"show\" lists them", name);
}

const char *setting_name(const struct setting *setting)
{
	return setting->name;
}

const char *setting_help(const struct setting *setting)
{
	return setting->help;
}

const char *const *setting_values(const struct setting *setting)
{
	return setting->values;
}

void setting_format(
	const struct settings *settings, const struct setting *setting, char *ret, size_t size)
{
	const void *field = (const char *)settings + setting->offset;
	switch (setting->kind) {
	case SETTING_CHOICE:
		snprintf(ret, size, "%s", setting->values[*(const unsigned *)field]);
		break;
	case SETTING_SWITCH:
		snprintf(ret, size, "%s", setting->values[*(const bool *)field]);
		break;
	case SETTING_COUNT:
		snprintf(ret, size, "%u", *(const unsigned *)field);
		break;
	case SETTING_STRING: {
		const char *value = *(char *const *)field;
		snprintf(ret, size, "%s", value ? value : "");
		break;
	}
	case SETTING_FIXED: {
		int64_t value = *(const int64_t *)field;
		if (value)
			format_duration(value, ret, size);
		else
			snprintf(ret, size, "0");
		break;
	}
	}
}

static struct error *parse_choice(const struct setting *setting, const char *value, unsigned *ret)
{
	char list[128] = "";
	for (unsigned i = 0; setting->values[i]; i++) {
		if (!strcmp(setting->values[i], value)) {
			*ret = i;
			return NULL;
		}
		nearest_list_add(list, sizeof(list), setting->values[i]);
	}
	return error_create(
		ERROR_USAGE, "%s cannot be \"%s\": use one of %s", setting->name, value, list);
}

struct error *setting_parse(
	struct settings *settings, const struct setting *setting, const char *value)
{
	void *field = (char *)settings + setting->offset;
	struct error *err = NULL;
	unsigned choice = 0;
	uint64_t number = 0;
	switch (setting->kind) {
	case SETTING_CHOICE:
		err = parse_choice(setting, value, &choice);
		if (!err)
			*(unsigned *)field = choice;
		return err;
	case SETTING_SWITCH:
		err = parse_choice(setting, value, &choice);
		if (!err)
			*(bool *)field = choice != 0;
		return err;
	case SETTING_COUNT:
		err = argument_number(value, setting->name, &number);
		if (!err && number > 10000)
			err = error_create(
				ERROR_USAGE, "%s is too large: %s", setting->name, value);
		if (!err)
			*(unsigned *)field = (unsigned)number;
		return err;
	case SETTING_STRING: {
		char *copy = *value ? strdup(value) : NULL;
		if (*value && !copy)
			return error_no_memory();
		free(*(char **)field);
		*(char **)field = copy;
		return NULL;
	}
	case SETTING_FIXED:
		return error_create(ERROR_GONE,
			"%s cannot be changed once the target is open: start with --%s %s",
			setting->name, setting->name, value);
	}
	return NULL;
}
