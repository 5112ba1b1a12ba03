/*
 * Names and values that a schema does not know: the errors, with suggestions. Private to dbg/expr.
 */
#ifndef GCTXDBG_EXPR_NAMES_H
#define GCTXDBG_EXPR_NAMES_H

#include "dbg/expr/expr.h"

/*
 * The error for the name [start, end) of `text`, which the schema does not have. `operand`: a
 * string could stand here, so perhaps its quotes are missing.
 */
struct error *expr_unknown_name(const char *text, size_t start, size_t end,
	const struct expr_schema *schema, bool operand) __attribute__((returns_nonnull));

/*
 * ERROR_USAGE when `name` has a list of values and the string literal [start, end) of `text`,
 * decoded to `size` bytes at `data`, is not one of them.
 */
struct error *expr_check_value(const char *text, size_t start, size_t end,
	const struct expr_name *name, const char *data, size_t size);

#endif
