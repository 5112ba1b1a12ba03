/*
 * Literals: Go's strings, its durations, integers and floats.
 *
 * The functions take the whole text and the bytes [start, end) of one token in it, so that an error
 * can point at the character in question.
 */
#ifndef GCTXDBG_EXPR_LITERALS_H
#define GCTXDBG_EXPR_LITERALS_H

#include "dbg/expr/expr.h"

/*
 * Decodes the string token into `buffer`, which has room for `end - start` bytes: never more than
 * that, the terminating NUL included. `*ret` is the size without it.
 */
struct error *expr_literal_string(
	const char *text, size_t start, size_t end, char *buffer, size_t *ret);

/* The offset in `text` of the character that byte `decoded` of the decoded string came from. */
size_t expr_literal_string_offset(const char *text, size_t start, size_t end, size_t decoded);

/*
 * The value of a number token: EXPR_INT, EXPR_FLOAT or EXPR_DURATION; negated when `negative` (only
 * so can the smallest integer be written).
 */
struct error *expr_literal_number(
	const char *text, size_t start, size_t end, bool negative, struct expr_value *ret);

#endif
