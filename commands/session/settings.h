/*
 * Settings by name, for `set`, `show` and completion.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SETTINGS_H
#define GCTXDBG_COMMANDS_SESSION_SETTINGS_H

#include "commands/session/session.h"

void settings_init(struct settings *settings);
void settings_deinit(struct settings *settings);

struct setting;

/* The setting number `index`, NULL after the last. */
const struct setting *setting_at(size_t index);
/* The setting of this name (or an unambiguous prefix); ERROR_USAGE names the nearest one. */
struct error *setting_find(const char *name, const struct setting **ret);

const char *setting_name(const struct setting *setting);
const char *setting_help(const struct setting *setting);
/* NULL-terminated values that it can have; NULL when they are not so few. */
const char *const *setting_values(const struct setting *setting);

/* Its value as `set` takes it. */
void setting_format(
	const struct settings *settings, const struct setting *setting, char *ret, size_t size);

/* Changes it. ERROR_USAGE says which values are allowed; ERROR_GONE that it cannot change any more.
 */
struct error *setting_parse(
	struct settings *settings, const struct setting *setting, const char *value);

#endif
