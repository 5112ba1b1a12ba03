/*
 * Access to settings by name, for `set`, `show` and completion.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SETTINGS_H
#define GCTXDBG_COMMANDS_SESSION_SETTINGS_H

#include "commands/session/session.h"

void settings_init(struct settings *settings);
void settings_deinit(struct settings *settings);

struct setting;

/* Returns setting number `index`; NULL past the last. */
const struct setting *setting_at(size_t index);
/* Finds a setting by name or unambiguous prefix. ERROR_USAGE names the nearest one. */
struct error *setting_find(const char *name, const struct setting **ret);

const char *setting_name(const struct setting *setting);
const char *setting_help(const struct setting *setting);
/* Returns the allowed values, NULL-terminated; NULL if they cannot be listed. */
const char *const *setting_values(const struct setting *setting);

/* Formats the value as `set` accepts it. */
void setting_format(
	const struct settings *settings, const struct setting *setting, char *ret, size_t size);

/* Changes a setting. ERROR_USAGE lists the allowed values; ERROR_GONE: it cannot be changed now. */
struct error *setting_parse(
	struct settings *settings, const struct setting *setting, const char *value);

#endif
