/*
 * The compilation units of a program's DWARF: which addresses each covers, where its functions are,
 * and what its entries refer to by number (addresses, ranges).
 *
 * The list of units is made with one walk over their first entries; the functions of one when an
 * address in it is first asked about.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_UNITS_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_UNITS_H

#include "dwarf/debug/debug_die.h"

struct debug_units;

struct debug_unit {
	uint64_t entry;	     /* offset in .debug_info of its first entry */
	unsigned version;    /* of DWARF: 4, 5 */
	const char *name;    /* a Go package's import path; NULL none */
	const char *package; /* the name that its source declares ("http"); NULL unknown */
	uint64_t low_pc;     /* base of its ranges; link-time address as all here */
	uint64_t addr_base;  /* offset of its part of .debug_addr */
	struct debug_function *functions; /* sorted by address */
	size_t function_count;
	bool functions_loaded;
};

/* Code of a function that is not inlined. */
struct debug_function {
	uint64_t low_pc, high_pc;
	uint64_t entry;
};

/* Reads the sections of `image`, which must outlive the result, through `handle`. */
struct error *debug_units_open(
	struct elf_image *image, Dwarf_Debug handle, struct debug_units **ret);
void debug_units_close(struct debug_units *units);

Dwarf_Debug debug_units_handle(const struct debug_units *units);
size_t debug_units_list(const struct debug_units *units, const struct debug_unit **ret);

/* The function whose code contains `pc`. False when there is none. */
bool debug_units_function_at(struct debug_units *units, uint64_t pc, const struct debug_unit **ret,
	struct debug_function *ret_function);
/* The unit whose entries include the one at `entry`; NULL when there is none. */
const struct debug_unit *debug_units_of_entry(const struct debug_units *units, uint64_t entry);

/* The entry's code contains `pc`: DW_AT_low_pc with DW_AT_high_pc, or DW_AT_ranges. */
bool debug_unit_covers(const struct debug_units *units, const struct debug_unit *unit,
	const struct die *die, uint64_t pc);
/* Number `index` of the unit's addresses. */
bool debug_unit_address(const struct debug_units *units, const struct debug_unit *unit,
	uint64_t index, uint64_t *ret);
/* The expression that the location list at `offset` has for `pc`; false when it has none. */
bool debug_unit_location(const struct debug_units *units, const struct debug_unit *unit,
	uint64_t offset, uint64_t pc, struct bytes *ret);

#endif
