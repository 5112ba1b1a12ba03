/*
 * Decodes literals in Go syntax: strings, integers, floats and durations. Private to dbg/expr.
 *
 * The functions take the whole text and the bytes [start, end) of one token in it, so that an error
 * can point at the exact character.
 */
#ifndef GCTXDBG_EXPR_LITERALS_H
#define GCTXDBG_EXPR_LITERALS_H

#include "dbg/expr/expr.h"

/*
 * Decodes a string token into `buffer`, which must have room for `end - start` bytes including the
 * terminating NUL. `*ret` is the size without the NUL.
 */
struct error *expr_literal_string(
	const char *text, size_t start, size_t end, char *buffer, size_t *ret);

/* The offset in `text` of the character that byte `decoded` of the decoded string came from. */
size_t expr_literal_string_offset(const char *text, size_t start, size_t end, size_t decoded);

/*
 * The value of a number token: EXPR_INT, EXPR_FLOAT or EXPR_DURATION. `negative` negates it; the
 * smallest integer can only be written that way.
 */
struct error *expr_literal_number(
	const char *text, size_t start, size_t end, bool negative, struct expr_value *ret);

#endif
