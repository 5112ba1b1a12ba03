/*
 * Evaluates access expressions (dbg/expr/access.h) in a frame of a Go program.
 */
#ifndef GCTXDBG_GO_VALUES_EVALUATE_H
#define GCTXDBG_GO_VALUES_EVALUATE_H

#include "dbg/expr/access.h"
#include "dbg/go/values/variables.h"

struct evaluation {
	struct program *program;
	const struct variables *variables; /* of the frame; NULL: only globals are known */
	/* The function of the frame, whose package's globals need no package name; or NULL. */
	const char *function;
};

/*
 * Evaluates the steps of `access`. A name is a variable of the frame, else a global variable:
 * "main.counter", "http.DefaultClient", or without a package one of the frame's package. Errors
 * name the column, as expr_diagnose() formats them. Free `ret` with value_deinit().
 */
struct error *evaluate(
	const struct evaluation *evaluation, const struct access *access, struct value *ret);

#endif
