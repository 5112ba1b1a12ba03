/* The fields of a context in expressions: `ctx list --where`. */
#include "commands/context_view.h"

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
	{"addr", EXPR_INT, FIELD_ADDR, "its address, as ctx list shows it", NULL},
	{"type", EXPR_STRING, FIELD_TYPE, "\"*context.cancelCtx\"…", NULL},
	{"state", EXPR_STRING, FIELD_STATE, "active, canceled, never (nothing can cancel it)",
		states},
	{"err", EXPR_STRING, FIELD_ERR, "the message of its error, once canceled", NULL},
	{"cause", EXPR_STRING, FIELD_CAUSE, "the message of its cause", NULL},
	{"deadline", EXPR_DURATION, FIELD_DEADLINE,
		"until its deadline; negative when that is past", NULL},
	{"key", EXPR_STRING, FIELD_KEY, "the key of a value context, in Go syntax", NULL},
	{"value", EXPR_STRING, FIELD_VALUE, "its value, in Go syntax", NULL},
	{"parent", EXPR_INT, FIELD_PARENT, "address of the context that it embeds", NULL},
	{"parent_type", EXPR_STRING, FIELD_PARENT_TYPE, "that one's type", NULL},
	{"children", EXPR_INT, FIELD_CHILDREN, "how many are registered to be canceled with it",
		NULL},
	{"descendants", EXPR_INT, FIELD_DESCENDANTS, "how many are below it in the tree", NULL},
	{"waiters", EXPR_INT, FIELD_WAITERS, "how many goroutines wait on its Done", NULL},
	{"depth", EXPR_INT, FIELD_DEPTH, "how many contexts are above it", NULL},
	{"garbage", EXPR_BOOL, FIELD_GARBAGE, "nothing alive points to it (--garbage)", NULL},
};

static const struct expr_schema schema = {names, array_length(names)};

const struct expr_schema *context_expr_schema(void)
{
	return &schema;
}

static void set_string(struct expr_value *ret, const char *text)
{
	ret->type = EXPR_STRING;
	ret->present = text != NULL;
	ret->string.data = text;
	ret->string.size = text ? strlen(text) : 0;
}

static void set_int(struct expr_value *ret, enum expr_type type, bool present, uint64_t value)
{
	ret->type = type;
	ret->present = present;
	ret->integer = (int64_t)value;
}

static void text_value(const struct context_view *view, int id, struct expr_value *ret)
{
	set_string(ret, id == FIELD_ERR	    ? view->err
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
		set_int(ret, EXPR_INT, true, context->address);
		break;
	case FIELD_TYPE:
		set_string(ret, context->type->name);
		break;
	case FIELD_STATE:
		set_string(ret, context_state_name(context->state));
		break;
	case FIELD_DEADLINE:
		set_int(ret, EXPR_DURATION, context->has_remaining,
			(uint64_t)context->remaining_ns);
		break;
	case FIELD_PARENT:
		set_int(ret, EXPR_INT, context->parent_address != 0, context->parent_address);
		break;
	case FIELD_PARENT_TYPE:
		set_string(ret, context->parent != CONTEXT_NONE
					? view->forest->items[context->parent].type->name
					: NULL);
		break;
	case FIELD_CHILDREN:
		set_int(ret, EXPR_INT, true, context->child_count + context->unknown_children);
		break;
	case FIELD_DESCENDANTS:
		set_int(ret, EXPR_INT, true, context->descendants);
		break;
	case FIELD_WAITERS:
		set_int(ret, EXPR_INT, true, context->waiter_count);
		break;
	case FIELD_DEPTH:
		set_int(ret, EXPR_INT, true, context->depth);
		break;
	case FIELD_GARBAGE:
		ret->type = EXPR_BOOL;
		ret->present = true;
		ret->boolean = context->garbage;
		break;
	default:
		text_value(view, id, ret);
	}
	return NULL;
}
