/*
 * From a DWARF location to a value: target memory, or bytes collected from pieces. Private to
 * dbg/go.
 */
#ifndef GCTXDBG_GO_VALUES_VARIABLE_LOCATION_H
#define GCTXDBG_GO_VALUES_VARIABLE_LOCATION_H

#include "dbg/go/values/variables.h"
#include "dwarf/debug/debug_expression.h"
#include "dwarf/debug/debug_variables.h"

/* The frame in which locations are evaluated. */
struct frame_scope {
	const struct module *module; /* of the function */
	struct debug_units *units;
	const struct debug_unit *unit;
	uint64_t cfa, sp;
	const struct thread *thread; /* whose registers are the frame's; NULL: not available */
	struct target *target;
	bool in_call; /* the frame is waiting for a call to return */
};

/* Sets `type`, `value` and `missing` of `ret`. Returns only errors that end a command: no memory,
 * target gone, canceled. */
struct error *variable_location_value(struct program *program, const struct frame_scope *scope,
	const struct debug_variable *described, struct variable *ret);

/* Whether a piece repeats the one before it: Go 1.19 writes some pieces twice in a row. */
bool variable_piece_repeats(const struct debug_piece *pieces, size_t index);

/* Replaces the value, a pointer, with what it points to, whose type is already in `ret`. */
struct error *variable_location_follow(struct program *program, struct variable *ret);

#endif
