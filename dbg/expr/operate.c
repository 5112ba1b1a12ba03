/* Comparisons and arithmetic: see operate.h. */
#include "dbg/expr/operate.h"

typedef __int128 wide;

static wide wide_of(const struct expr_value *value)
{
	return value->large ? (wide)(uint64_t)value->integer : (wide)value->integer;
}

double expr_real_of(const struct expr_value *value)
{
	return value->type == EXPR_FLOAT ? value->real : (double)wide_of(value);
}

static enum expr_outcome outcome_of(bool holds)
{
	return holds ? EXPR_HOLDS : EXPR_FAILS;
}

static enum expr_outcome order_fits(enum expr_operator op, int order)
{
	switch (op) {
	case EXPR_OP_EQ:
		return outcome_of(order == 0);
	case EXPR_OP_NE:
		return outcome_of(order != 0);
	case EXPR_OP_LT:
		return outcome_of(order < 0);
	case EXPR_OP_LE:
		return outcome_of(order <= 0);
	case EXPR_OP_GT:
		return outcome_of(order > 0);
	default:
		return outcome_of(order >= 0);
	}
}

/* A cut string lacks at least one byte, so it is longer than the part that is present. */
static enum expr_outcome compare_strings(
	enum expr_operator op, const struct expr_value *a, const struct expr_value *b)
{
	size_t a_size = a->string.size, b_size = b->string.size;
	size_t common = a_size < b_size ? a_size : b_size;
	int order = common ? memcmp(a->string.data, b->string.data, common) : 0;
	if (order)
		return order_fits(op, order);
	bool undecided =
		(a->cut && b_size > a_size) || (b->cut && a_size > b_size) || (a->cut && b->cut);
	if (undecided)
		return EXPR_UNKNOWN;
	if (a->cut != b->cut)
		return order_fits(op, a->cut ? 1 : -1);
	return order_fits(op, (a_size > b_size) - (a_size < b_size));
}

/* The least and the greatest value that a number may have. */
static void bounds_of(const struct expr_value *value, int64_t *ret_least, int64_t *ret_most)
{
	*ret_least = value->integer;
	*ret_most = value->uncertain ? value->most : value->integer;
}

/* Decides what the extreme values have in common. */
static enum expr_outcome compare_bounds(
	enum expr_operator op, const struct expr_value *a, const struct expr_value *b)
{
	int64_t a_least, a_most, b_least, b_most;
	if (a->type != EXPR_DURATION || b->type != EXPR_DURATION)
		return EXPR_UNKNOWN;
	bounds_of(a, &a_least, &a_most);
	bounds_of(b, &b_least, &b_most);
	enum expr_outcome low = order_fits(op, (a_least > b_most) - (a_least < b_most));
	enum expr_outcome high = order_fits(op, (a_most > b_least) - (a_most < b_least));
	/* Values between the extremes may be equal. */
	bool apart = a_least > b_most || a_most < b_least;
	if ((op == EXPR_OP_EQ || op == EXPR_OP_NE) && !apart)
		return EXPR_UNKNOWN;
	return low == high ? low : EXPR_UNKNOWN;
}

enum expr_outcome expr_compare(
	enum expr_operator op, const struct expr_value *a, const struct expr_value *b)
{
	if (!a->present || !b->present)
		return EXPR_FAILS;
	if (a->type == EXPR_STRING)
		return compare_strings(op, a, b);
	if (a->uncertain || b->uncertain)
		return compare_bounds(op, a, b);
	if (a->type == EXPR_BOOL)
		return order_fits(op, a->boolean - b->boolean);
	if (a->type != EXPR_FLOAT && b->type != EXPR_FLOAT) {
		wide x = wide_of(a), y = wide_of(b);
		return order_fits(op, (x > y) - (x < y));
	}
	double x = expr_real_of(a), y = expr_real_of(b);
	/* NaN is unequal to everything and unordered. */
	if (x != x || y != y)
		return outcome_of(op == EXPR_OP_NE);
	return order_fits(op, (x > y) - (x < y));
}

/* Only a product of two large numbers can overflow 128 bits. */
static bool calculate_wide(enum expr_operator op, wide a, wide b, wide *ret)
{
	switch (op) {
	case EXPR_OP_ADD:
		*ret = a + b;
		return true;
	case EXPR_OP_SUB:
		*ret = a - b;
		return true;
	case EXPR_OP_MUL:
		return !__builtin_mul_overflow(a, b, ret);
	case EXPR_OP_DIV:
		*ret = a / b;
		return true;
	default:
		*ret = a % b;
		return true;
	}
}

static double calculate_real(enum expr_operator op, double a, double b)
{
	switch (op) {
	case EXPR_OP_ADD:
		return a + b;
	case EXPR_OP_SUB:
		return a - b;
	case EXPR_OP_MUL:
		return a * b;
	default:
		return a / b;
	}
}

bool expr_calculate(enum expr_operator op, const struct expr_value *a, const struct expr_value *b,
	struct expr_value *ret)
{
	wide result;
	if (ret->type == EXPR_FLOAT) {
		ret->real = calculate_real(op, expr_real_of(a), expr_real_of(b));
		return true;
	}
	if (!calculate_wide(op, wide_of(a), wide_of(b), &result))
		return false;
	wide most = a->large || b->large ? (wide)UINT64_MAX : (wide)INT64_MAX;
	if (result < INT64_MIN || result > most)
		return false;
	ret->integer = (int64_t)(uint64_t)result;
	ret->large = result > INT64_MAX;
	return true;
}

void expr_calculate_bounds(enum expr_operator op, const struct expr_value *a,
	const struct expr_value *b, struct expr_value *ret)
{
	bool ordered = op == EXPR_OP_ADD || op == EXPR_OP_SUB || op == EXPR_OP_MUL ||
		       (op == EXPR_OP_DIV && !b->uncertain && b->integer);
	int64_t ends[2][2], least = INT64_MAX, most = INT64_MIN;
	ret->uncertain = true;
	ret->integer = INT64_MIN;
	ret->most = INT64_MAX;
	if (ret->type != EXPR_DURATION || !ordered)
		return;
	bounds_of(a, &ends[0][0], &ends[0][1]);
	bounds_of(b, &ends[1][0], &ends[1][1]);
	for (size_t i = 0; i < 4; i++) {
		struct expr_value x = *a, y = *b, end = {.present = true, .type = EXPR_DURATION};
		x.integer = ends[0][i & 1];
		y.integer = ends[1][i >> 1];
		if (!expr_calculate(op, &x, &y, &end))
			return;
		least = end.integer < least ? end.integer : least;
		most = end.integer > most ? end.integer : most;
	}
	ret->integer = least;
	ret->most = most;
}
