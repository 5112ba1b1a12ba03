/* Reads import paths and package names from DWARF's units: see debug_packages.h. */
#include "dwarf/debug/debug_packages.h"

#include "dwarf/base/bisect.h"
#include "dwarf/debug/debug_die.h"

enum {
	AT_GO_PACKAGE_NAME = 0x2905, /* cmd/internal/dwarf/dwarf.go; releases 1.19 to 1.27 */
	MAX_UNITS = 1 << 20,
};

static int compare_packages(const void *a, const void *b)
{
	const struct debug_package *x = a, *y = b;
	return strcmp(x->path, y->path);
}

struct error *debug_packages_load(struct debug_packages *ret, Dwarf_Debug handle)
{
	size_t capacity = 0;
	for (int i = 0; i < MAX_UNITS; i++) {
		_cleanup_(die_deinit) struct die unit = {0};
		uint64_t abbreviations;
		enum unit_result result = die_next_unit(handle, &unit, &abbreviations);
		if (result != UNIT_FOUND)
			break;
		struct debug_package package = {
			die_name(&unit), die_string(&unit, AT_GO_PACKAGE_NAME)};
		if (!package.path || !package.name)
			continue;
		if (!array_reserve(&ret->items, &capacity, ret->count + 1))
			return error_no_memory();
		ret->items[ret->count++] = package;
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_packages);
	ret->known = true;
	return NULL;
}

void debug_packages_deinit(struct debug_packages *packages)
{
	free(packages->items);
}

const char *debug_packages_find(const struct debug_packages *packages, const char *path)
{
	size_t at = bisect(i, packages->count, strcmp(packages->items[i].path, path) >= 0);
	bool found = at < packages->count && !strcmp(packages->items[at].path, path);
	return found ? packages->items[at].name : NULL;
}
