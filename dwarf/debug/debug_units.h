/*
 * The compilation units of a program's DWARF: the addresses that each covers, its functions, and
 * the tables that its entries refer to by index (addresses, ranges).
 *
 * Opening walks over the first entry of every unit. The functions of a unit are read on the first
 * lookup of an address in it.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_UNITS_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_UNITS_H

#include "dwarf/debug/debug_die.h"

struct debug_units;

struct debug_unit {
	uint64_t entry;			  /* offset in .debug_info of its first entry */
	unsigned version;		  /* DWARF version: 4 or 5 */
	const char *name;		  /* import path of a Go package; NULL: none */
	const char *package;		  /* package name in its source ("http"); NULL: unknown */
	uint64_t low_pc;		  /* base of its ranges; a link-time address, as all here */
	uint64_t addr_base;		  /* offset of its part of .debug_addr */
	struct debug_function *functions; /* sorted by address */
	size_t function_count;
	bool functions_loaded;
};

/* A code range of a function that is not inlined; `entry` is its entry in .debug_info. */
struct debug_function {
	uint64_t low_pc, high_pc;
	uint64_t entry;
};

/* Reads the units of `image` through `handle`; both must outlive the result. */
struct error *debug_units_open(
	struct elf_image *image, Dwarf_Debug handle, struct debug_units **ret);
void debug_units_close(struct debug_units *units);

/* The libdwarf handle given to debug_units_open(). */
Dwarf_Debug debug_units_handle(const struct debug_units *units);
/* Returns the number of units; `*ret`, in .debug_info order, belongs to `units`. */
size_t debug_units_list(const struct debug_units *units, const struct debug_unit **ret);

/* The function whose code contains `pc`, and its unit. False if there is none. */
bool debug_units_function_at(struct debug_units *units, uint64_t pc, const struct debug_unit **ret,
	struct debug_function *ret_function);
/* The unit that contains the entry at offset `entry`; NULL if there is none. */
const struct debug_unit *debug_units_of_entry(const struct debug_units *units, uint64_t entry);

/* True if the entry's code contains `pc` (DW_AT_low_pc and DW_AT_high_pc, or DW_AT_ranges). */
bool debug_unit_covers(const struct debug_units *units, const struct debug_unit *unit,
	const struct die *die, uint64_t pc);
/* Address number `index` of the unit's part of .debug_addr; false if there is none. */
bool debug_unit_address(const struct debug_units *units, const struct debug_unit *unit,
	uint64_t index, uint64_t *ret);
/* The expression for `pc` in the location list at `offset`; false if it has none. */
bool debug_unit_location(const struct debug_units *units, const struct debug_unit *unit,
	uint64_t offset, uint64_t pc, struct bytes *ret);

#endif
