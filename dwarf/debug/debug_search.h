/*
 * Finds the entries with given names in .debug_info, without decoding all of it.
 *
 * Go's linker writes each name inline, as the first attribute of its entry. So the bytes of a name,
 * terminated by NUL and preceded by an abbreviation code whose declaration starts with an inline
 * name, are very likely an entry. Programs whose DWARF stores names elsewhere (C code, or DWARF
 * rewritten by other tools) are walked entry by entry.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_SEARCH_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_SEARCH_H

#include "dwarf/debug/libdwarf_compat.h"

enum { MAX_CANDIDATES = 8 };

/* A name to search for, and the offsets in .debug_info where its entries may start. */
struct debug_name {
	const char *name;
	uint64_t candidates[MAX_CANDIDATES];
	size_t candidate_count;
};

/* Orders struct debug_name by name, for qsort(). */
int debug_name_compare(const void *a, const void *b);

struct abbreviation_codes;

struct debug_search {
	Dwarf_Debug handle;
	struct bytes debug_info;
	struct abbreviation_codes *codes;
	bool may_walk;	/* false after a walk has failed: do not repeat it */
	size_t checked; /* candidates decoded in this search */
};

/* `debug_info` and `debug_abbrev` are the contents of these sections; they must outlive `ret`. */
struct error *debug_search_init(struct bytes debug_info, struct bytes debug_abbrev,
	Dwarf_Debug handle, struct debug_search *ret);
void debug_search_deinit(struct debug_search *search);

/*
 * Sorts `names` by name and fills in their candidates. Each candidate is an entry of a type,
 * constant or variable from which libdwarf reads that name; the caller checks that it is plausible.
 */
struct error *debug_search_find(
	struct debug_search *search, struct debug_name *names, size_t count);

#endif
