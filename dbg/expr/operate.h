/*
 * Comparison and arithmetic on values. Private to dbg/expr.
 */
#ifndef GCTXDBG_EXPR_OPERATE_H
#define GCTXDBG_EXPR_OPERATE_H

#include "dbg/expr/program.h"

/* The value of a number or duration as a double. */
double expr_real_of(const struct expr_value *value);

/* Compares values of matching types. A comparison with an absent value fails. */
enum expr_outcome expr_compare(
	enum expr_operator op, const struct expr_value *a, const struct expr_value *b);

/*
 * Sets the number in `ret`, whose type the caller has set, to `a` OP `b`. Both must be present, and
 * `b` must not be 0 in a division. False on overflow: below -2^63, or above 2^63-1 (2^64-1 if an
 * operand is already above 2^63-1).
 */
bool expr_calculate(enum expr_operator op, const struct expr_value *a, const struct expr_value *b,
	struct expr_value *ret);

/*
 * The same for uncertain numbers; sets the bounds of `ret`. They are as wide as can be where the
 * operator does not preserve order, and on overflow.
 */
void expr_calculate_bounds(enum expr_operator op, const struct expr_value *a,
	const struct expr_value *b, struct expr_value *ret);

#endif
