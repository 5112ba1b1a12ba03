/*
 * The packages of a Go program, from the units in its DWARF: import path and the name used in
 * source code. A package without code has no unit.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_PACKAGES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_PACKAGES_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct Dwarf_Debug_s; /* of libdwarf; declared here so that users need not include libdwarf.h */

struct debug_package {
	const char *path, *name; /* both belong to the image */
};

struct debug_packages {
	struct debug_package *items; /* sorted by path */
	size_t count;
	bool known; /* loaded; `items` may still be NULL */
};

/* Reads the first entry of every unit. `*ret` must be zeroed. */
struct error *debug_packages_load(struct debug_packages *ret, struct Dwarf_Debug_s *handle);
void debug_packages_deinit(struct debug_packages *packages);

/* The name of the package with import path `path`; NULL if it has no unit. */
const char *debug_packages_find(const struct debug_packages *packages, const char *path);

#endif
