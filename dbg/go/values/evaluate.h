/*
 * Evaluates access expressions (dbg/expr/access.h): what their names mean in a frame.
 */
#ifndef GCTXDBG_GO_VALUES_EVALUATE_H
#define GCTXDBG_GO_VALUES_EVALUATE_H

#include "dbg/expr/access.h"
#include "dbg/go/values/variables.h"

struct evaluation {
	struct program *program;
	const struct variables *variables; /* of the frame; NULL: only globals are known */
	const char *function; /* the frame's: its package's globals need no package; NULL */
};

/*
 * Does the steps. A name is a variable of the frame, else a global one ("main.counter",
 * "http.DefaultClient"; those of the frame's package without their package). Errors have the
 * column, as expr_diagnose() makes them. Free `ret` with value_deinit().
 */
struct error *evaluate(
	const struct evaluation *evaluation, const struct access *access, struct value *ret);

#endif
