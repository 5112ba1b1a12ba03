/* Sorts map entries as internal/fmtsort does. */
#include "dbg/go/values/value_note.h"
#include "dbg/go/values/value_state.h"

static int compare_unsigned(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_floats(double a, double b)
{
	/* A NaN is less than every number. */
	if (a < b || (a != a && b == b))
		return -1;
	return a > b || (b != b && a == a);
}

static int compare_scalars(const struct value_node *a, const struct value_node *b)
{
	enum go_kind kind = a->type->kind;
	if (kind == GO_BOOL)
		return compare_unsigned(a->text[0] == 't', b->text[0] == 't');
	if (kind == GO_FLOAT32 || kind == GO_FLOAT64)
		return compare_floats(strtod(a->text, NULL), strtod(b->text, NULL));
	if (kind == GO_COMPLEX64 || kind == GO_COMPLEX128) {
		char *a_end, *b_end;
		int order =
			compare_floats(strtod(a->text + 1, &a_end), strtod(b->text + 1, &b_end));
		return order ? order : compare_floats(strtod(a_end, NULL), strtod(b_end, NULL));
	}
	if (go_kind_is_signed(kind)) {
		long long x = strtoll(a->text, NULL, 10), y = strtoll(b->text, NULL, 10);
		return x < y ? -1 : x > y;
	}
	return compare_unsigned(strtoull(a->text, NULL, 0), strtoull(b->text, NULL, 0));
}

static int compare_strings(const struct value_node *a, const struct value_node *b)
{
	size_t size = a->text_size < b->text_size ? a->text_size : b->text_size;
	int order = memcmp(a->text, b->text, size);
	return order ? order : compare_unsigned(a->text_size, b->text_size);
}

static int compare_nodes(const struct value_node *a, const struct value_node *b)
{
	if (a->shape != b->shape)
		return compare_unsigned(a->shape, b->shape);
	switch (a->shape) {
	case VALUE_SCALAR:
		return a->type->kind == b->type->kind ? compare_scalars(a, b) : 0;
	case VALUE_STRING:
		return compare_strings(a, b);
	case VALUE_POINTER:
	case VALUE_CHAN:
		return compare_unsigned(a->address, b->address);
	case VALUE_INTERFACE:
		if (a->is_nil || b->is_nil || !a->count || !b->count)
			return compare_unsigned(!a->is_nil, !b->is_nil);
		if (a->children[0].type != b->children[0].type)
			return compare_unsigned(
				a->children[0].type->descriptor, b->children[0].type->descriptor);
		break;
	default:
		break;
	}
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = compare_nodes(&a->children[i], &b->children[i]);
		if (order)
			return order;
	}
	return 0;
}

struct pair {
	struct value_node key, value;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	return compare_nodes(&x->key, &y->key);
}

void value_sort_entries(struct value_node *map)
{
	_Static_assert(sizeof(struct pair) == 2 * sizeof(struct value_node),
		"a pair is two adjacent nodes");
	if (map->count > 2)
		qsort(map->children, map->count / 2, sizeof(struct pair), compare_pairs);
}
