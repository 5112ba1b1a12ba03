/* Chooses the values in the events of a breakpoint. */
#include "dbg/break/breakpoint_state.h"

/* Finds a name with a single value, as a field of an event needs. */
static const struct expr_name *find_name(const struct breakpoint_entry *entry, const char *name)
{
	for (size_t i = 0; i < entry->name_count; i++) {
		const struct expr_name *known = &entry->names[i];
		if (known->type != EXPR_MAP && known->type != EXPR_STRINGS &&
			!strcmp(known->name, name))
			return known;
	}
	return NULL;
}

struct error *breakpoints_show(
	struct breakpoints *breakpoints, int number, const char *const *names, size_t count)
{
	struct breakpoint_entry *entry;
	int shown[BREAK_VALUES_MAX];
	struct error *err = breakpoints_find(breakpoints, number, &entry);
	if (err)
		return err;
	if (count > BREAK_VALUES_MAX)
		return error_create(
			ERROR_USAGE, "at most %d values can be shown", BREAK_VALUES_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct expr_name *name = find_name(entry, names[i]);
		if (!name)
			return error_create(ERROR_USAGE, "there is no value named \"%s\" at %s",
				names[i], entry->what);
		shown[i] = name->id;
	}
	memcpy(entry->shown, shown, count * sizeof(*shown));
	entry->shown_count = count;
	entry->shown_only = true;
	return NULL;
}
