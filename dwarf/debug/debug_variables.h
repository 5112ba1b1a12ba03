/*
 * Parameters and variables of a function, as DWARF describes them for one pc.
 *
 * What cmd/internal/dwarf writes (releases 1.19 and 1.21 to 1.27): a subprogram with parameters,
 * variables and lexical blocks; calls that were inlined into it are entries of their own inside,
 * whose variables refer to an abstract function for names and types.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_VARIABLES_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_VARIABLES_H

#include "dwarf/debug/debug_units.h"

struct debug_variable {
	const char *name;  /* lives as long as the image */
	uint64_t type;	   /* its type's entry in .debug_info */
	uint64_t line;	   /* where it is declared; 0 unknown */
	unsigned depth;	   /* of lexical blocks around it */
	bool is_parameter; /* results too */
	bool is_result;
	bool described;		     /* there is a location for this or another pc */
	struct bytes location;	     /* an expression; empty: at this pc it is nowhere */
	struct bytes location_after; /* the same for pc + 1: behind a call that ends there */
};

struct debug_variables {
	const struct debug_unit *unit;
	struct debug_variable *items; /* outer blocks first, else in the order of the source */
	size_t count, capacity;
};

/*
 * The variables of the function that contains link-time address `pc`, or with `inlined` not NULL
 * of the call inlined there to the function of that name. Those in blocks that do not contain `pc`
 * are left out. ERROR_NOT_FOUND when DWARF does not know the function. Free with
 * debug_variables_deinit().
 */
struct error *debug_variables_at(
	struct debug_units *units, uint64_t pc, const char *inlined, struct debug_variables *ret);
void debug_variables_deinit(struct debug_variables *variables);

#endif
