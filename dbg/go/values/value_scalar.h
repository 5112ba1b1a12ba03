/*
 * Decodes values without parts: numbers, strings, functions, channels, unsafe pointers. Private to
 * dbg/go/values/value*.c.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_SCALAR_H
#define GCTXDBG_GO_VALUES_VALUE_SCALAR_H

#include "dbg/go/values/value.h"

/* Fills in `ret`, whose type is already set. Reads at most `string_limit` bytes of a string. */
struct error *value_describe_scalar(struct program *program, const struct value *value,
	size_t string_limit, struct value_node *ret);

#endif
