/*
 * What operators do with values. Private to dbg/expr.
 */
#ifndef GCTXDBG_EXPR_OPERATE_H
#define GCTXDBG_EXPR_OPERATE_H

#include "dbg/expr/program.h"

/* Integers and durations too. */
double expr_real_of(const struct expr_value *value);

/* The types fit; an absent value compares with nothing. */
enum expr_outcome expr_compare(
	enum expr_operator op, const struct expr_value *a, const struct expr_value *b);

/*
 * Sets the number in `ret`, whose type is that of the result: `a` OP `b`, which are present; `b` is
 * not 0 where it divides. False on overflow: below -2^63 or, unless an operand is beyond that
 * already, above 2^63-1.
 */
bool expr_calculate(enum expr_operator op, const struct expr_value *a, const struct expr_value *b,
	struct expr_value *ret);

#endif
