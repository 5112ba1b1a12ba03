/*
 * Iterates over range lists and location lists of DWARF 4 (.debug_ranges, .debug_loc) and DWARF 5
 * (.debug_rnglists, .debug_loclists).
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_LISTS_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_LISTS_H

#include "dwarf/debug/byte_reader.h"

struct debug_list {
	struct byte_reader reader;
	bool old;		/* DWARF 4 */
	bool locations;		/* each entry has an expression */
	uint64_t base;		/* base address of offsets; initially the unit's low_pc */
	struct bytes addresses; /* the unit's part of .debug_addr */
};

struct debug_list_entry {
	uint64_t low, high; /* link-time addresses [low, high) */
	struct bytes expression;
};

/* The next non-empty entry; false at the end or if the list is damaged. */
bool debug_list_next(struct debug_list *list, struct debug_list_entry *ret);

#endif
