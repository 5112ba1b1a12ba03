/*
 * The packages of a Go program, from its DWARF's units: import path and the name that source code
 * uses. Packages without code have no unit.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_PACKAGES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_PACKAGES_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct Dwarf_Debug_s; /* libdwarf's; who includes this need not have its headers */

struct debug_package {
	const char *path, *name; /* both belong to the image */
};

struct debug_packages {
	struct debug_package *items; /* by path */
	size_t count;
	bool known; /* loaded; `items` may be NULL still */
};

/* Looks at the first entry of every unit. `*ret` was zeroed. */
struct error *debug_packages_load(struct debug_packages *ret, struct Dwarf_Debug_s *handle);
void debug_packages_deinit(struct debug_packages *packages);

/* NULL when no unit is of that package. */
const char *debug_packages_find(const struct debug_packages *packages, const char *path);

#endif
