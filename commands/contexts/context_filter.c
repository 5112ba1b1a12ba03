/* Filtering contexts: the fields that --where expressions may use, and evaluating them. */
#include "commands/contexts/context_view.h"

enum field_id {
	FIELD_ADDR,
	FIELD_TYPE,
	FIELD_STATE,
	FIELD_ERR,
	FIELD_CAUSE,
	FIELD_DEADLINE,
	FIELD_KEY,
	FIELD_VALUE,
	FIELD_PARENT,
	FIELD_PARENT_TYPE,
	FIELD_CHILDREN,
	FIELD_DESCENDANTS,
	FIELD_WAITERS,
	FIELD_DEPTH,
	FIELD_GARBAGE,
};

static const char *const states[] = {"active", "canceled", "never", "unknown", NULL};

static const struct expr_name names[] = {
	{"addr", EXPR_INT, FIELD_ADDR, "address, as shown by ctx list", NULL},
	{"type", EXPR_STRING, FIELD_TYPE, "\"*context.cancelCtx\"…", NULL},
	{"state", EXPR_STRING, FIELD_STATE,
		"active, canceled, never (nothing can cancel it), "
		"unknown",
		states},
	{"err", EXPR_STRING, FIELD_ERR, "message of its error, once canceled", NULL},
	{"cause", EXPR_STRING, FIELD_CAUSE, "message of its cause", NULL},
	{"deadline", EXPR_DURATION, FIELD_DEADLINE,
		"time until its deadline; negative once it has passed", NULL},
	{"key", EXPR_STRING, FIELD_KEY, "key of a value context, in Go syntax", NULL},
	{"value", EXPR_STRING, FIELD_VALUE, "value of a value context, in Go syntax", NULL},
	{"parent", EXPR_INT, FIELD_PARENT, "address of the context that it is derived from", NULL},
	{"parent_type", EXPR_STRING, FIELD_PARENT_TYPE, "type of its parent", NULL},
	{"children", EXPR_INT, FIELD_CHILDREN,
		"number of contexts registered to be canceled with it", NULL},
	{"descendants", EXPR_INT, FIELD_DESCENDANTS, "number of contexts below it in the tree",
		NULL},
	{"waiters", EXPR_INT, FIELD_WAITERS, "number of goroutines waiting on its Done channel",
		NULL},
	{"depth", EXPR_INT, FIELD_DEPTH, "number of contexts above it", NULL},
	{"garbage", EXPR_BOOL, FIELD_GARBAGE,
		"a garbage collection found it unreachable (with "
		"--garbage)",
		NULL},
};

static const struct expr_schema schema = {names, array_length(names)};

const struct expr_schema *context_expr_schema(void)
{
	return &schema;
}

struct error *context_expr_fields(
	struct session *session, const char *before, const struct expr_schema **ret)
{
	(void)session, (void)before;
	*ret = &schema;
	return NULL;
}

static void text_value(const struct context_view *view, int id, struct expr_value *ret)
{
	expr_value_string(ret, id == FIELD_ERR	   ? view->err
			       : id == FIELD_CAUSE ? view->cause
			       : id == FIELD_KEY   ? view->key
						   : view->value);
}

struct error *context_expr_value(
	void *data, int id, size_t index, const char *key, struct expr_value *ret)
{
	(void)index;
	(void)key;
	struct context_view *view = data;
	const struct context *context = view_context(view);
	bool text = id == FIELD_ERR || id == FIELD_CAUSE || id == FIELD_KEY || id == FIELD_VALUE;
	struct error *err = text ? context_view_load(view) : NULL;
	if (err)
		return err;
	switch (id) {
	case FIELD_ADDR:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)context->address);
		break;
	case FIELD_TYPE:
		expr_value_string(ret, context->type->name);
		break;
	case FIELD_STATE:
		expr_value_string(ret, context_state_name(context->state));
		break;
	case FIELD_DEADLINE:
		expr_value_integer(
			ret, EXPR_DURATION, context->has_remaining, context->remaining_ns);
		break;
	case FIELD_PARENT:
		expr_value_integer(ret, EXPR_INT, context->parent_address != 0,
			(int64_t)context->parent_address);
		break;
	case FIELD_PARENT_TYPE:
		expr_value_string(ret, context->parent != CONTEXT_NONE
					       ? view->forest->items[context->parent].type->name
					       : NULL);
		break;
	case FIELD_CHILDREN:
		expr_value_integer(ret, EXPR_INT, true,
			(int64_t)(context->child_count + context->unknown_children));
		break;
	case FIELD_DESCENDANTS:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)context->descendants);
		break;
	case FIELD_WAITERS:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)context->waiter_count);
		break;
	case FIELD_DEPTH:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)context->depth);
		break;
	case FIELD_GARBAGE:
		expr_value_bool(ret, context->garbage);
		break;
	default:
		text_value(view, id, ret);
	}
	return NULL;
}

struct error *contexts_matching(struct session *session, const struct context_forest *forest,
	const char *where, ptrdiff_t **ret, size_t *ret_count)
{
	_cleanup_free_ ptrdiff_t *numbers = calloc(forest->count + 1, sizeof(*numbers));
	struct expr *expr = NULL;
	if (!numbers)
		return error_no_memory();
	struct error *err = where ? expr_compile(where, context_expr_schema(), &expr) : NULL;
	*ret_count = 0;
	for (size_t i = 0; !err && i < forest->count; i++) {
		struct context_view view = {
			.session = session, .forest = forest, .number = (ptrdiff_t)i};
		const struct expr_input input = {context_expr_value, &view};
		bool matches = true;
		err = target_check(session->target);
		if (!err && expr)
			err = expr_run(expr, &input, &matches);
		if (!err && matches)
			numbers[(*ret_count)++] = (ptrdiff_t)i;
		context_view_deinit(&view);
	}
	expr_destroy(expr);
	if (!err)
		*ret = take_pointer(numbers);
	return err;
}
