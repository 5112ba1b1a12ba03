/*
 * The errors, with suggestions, for names and values that a schema does not have. Private to
 * dbg/expr.
 */
#ifndef GCTXDBG_EXPR_NAMES_H
#define GCTXDBG_EXPR_NAMES_H

#include "dbg/expr/expr.h"

/*
 * The error for the name [start, end) of `text`, which the schema does not have. `operand` means
 * that a string is possible here, so its quotes may be missing.
 */
struct error *expr_unknown_name(const char *text, size_t start, size_t end,
	const struct expr_schema *schema, bool operand) __attribute__((returns_nonnull));

/*
 * ERROR_USAGE if `name` has a list of values and the string literal [start, end) of `text`,
 * decoded to `size` bytes at `data`, is not one of them.
 */
struct error *expr_check_value(const char *text, size_t start, size_t end,
	const struct expr_schema *schema, const struct expr_name *name, const char *data,
	size_t size);

#endif
