/*
 * Where in .debug_info the entries with certain names are, without decoding all of it.
 *
 * Go's linker writes each name inline, as its entry's first attribute. So the bytes of a name,
 * ended by NUL and preceded by an abbreviation code whose declaration starts with an inline name,
 * are very likely such an entry. Programs whose DWARF keeps names elsewhere (C code, or after other
 * tools rewrote it) are walked entry by entry.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_SEARCH_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_SEARCH_H

#include "dwarf/debug/libdwarf_compat.h"

enum { MAX_CANDIDATES = 8 };

/* A name that is looked for, and the offsets in .debug_info where its entries may start. */
struct debug_name {
	const char *name;
	uint64_t candidates[MAX_CANDIDATES];
	size_t candidate_count;
};

/* Orders struct debug_name by name, for qsort() and bsearch(). */
int debug_name_compare(const void *a, const void *b);

struct abbreviation_codes;

struct debug_search {
	Dwarf_Debug handle;
	struct bytes debug_info;
	struct abbreviation_codes *codes;
	bool may_walk;	/* a walk that failed is not repeated */
	size_t checked; /* places that libdwarf was asked about in this search */
};

/* `debug_info` and `debug_abbrev` are the sections' contents; they must outlive `ret`. */
struct error *debug_search_init(struct bytes debug_info, struct bytes debug_abbrev,
	Dwarf_Debug handle, struct debug_search *ret);
void debug_search_deinit(struct debug_search *search);

/*
 * Fills in the candidates of all `names`, which are put into order of name. Each candidate is an
 * entry for a type or a constant that libdwarf reads the same name from; the caller checks that it
 * makes sense as the type it wants.
 */
struct error *debug_search_find(
	struct debug_search *search, struct debug_name *names, size_t count);

#endif
