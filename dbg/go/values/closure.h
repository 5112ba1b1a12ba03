/*
 * The variables that a closure has captured from the function around it, from DWARF. Private to
 * dbg/go/values.
 *
 * Source: cmd/compile/internal/dwarfgen (closureOffset), releases 1.23 to 1.27; earlier ones do not
 * describe them.
 */
#ifndef GCTXDBG_GO_VALUES_CLOSURE_H
#define GCTXDBG_GO_VALUES_CLOSURE_H

#include "dbg/go/values/value.h"

/* A captured variable: `value` is in the closure, or where a pointer in the closure leads to. */
struct captured {
	const char *name; /* belongs to the program */
	uint64_t offset;  /* in the closure */
	struct value value;
};

/*
 * The variables in the closure object at `closure`, whose code is at run-time address `code`.
 * `*ret` is malloc'ed and in the order of the closure; it is empty if there are none or DWARF does
 * not describe them.
 */
struct error *closure_variables(struct program *program, uint64_t closure, uint64_t code,
	struct captured **ret, size_t *ret_count);

#endif
