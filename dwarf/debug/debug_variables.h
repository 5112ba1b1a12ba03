/*
 * The parameters and variables of a function at one pc, from DWARF.
 *
 * Source: cmd/internal/dwarf, releases 1.19 to 1.27. A subprogram contains parameters,
 * variables and lexical blocks. An inlined call is an entry inside it, whose variables take names
 * and types from an abstract function.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_VARIABLES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_VARIABLES_H

#include "dwarf/debug/debug_units.h"

struct debug_variable {
	const char *name; /* lives as long as the image */
	uint64_t type;	  /* its type's entry in .debug_info */
	uint64_t line;	  /* of its declaration; 0: unknown */
	unsigned depth;	  /* number of lexical blocks around it */
	/* Where a closure keeps this variable of the function around it, or if the name starts with
	 * '&' a pointer to it: offset in the closure (since Go 1.23). 0: it is no such variable. */
	uint64_t closure_offset;
	bool is_parameter; /* true also for results */
	bool is_result;
	bool described;		     /* it has a location at some pc */
	struct bytes location;	     /* expression; empty: it has no location at this pc */
	struct bytes location_after; /* the same for pc + 1: after a call that ends there */
};

struct debug_variables {
	const struct debug_unit *unit;
	struct debug_variable *items; /* outer blocks first, then in source order */
	size_t count, capacity;
};

/*
 * The variables of the function that contains link-time address `pc` or, if `inlined` is not NULL,
 * of the inlined call there of the function of that name. Omits variables in blocks that do not
 * contain `pc`. ERROR_NOT_FOUND if DWARF does not describe the function. Free `ret` with
 * debug_variables_deinit().
 */
struct error *debug_variables_at(
	struct debug_units *units, uint64_t pc, const char *inlined, struct debug_variables *ret);
void debug_variables_deinit(struct debug_variables *variables);

#endif
