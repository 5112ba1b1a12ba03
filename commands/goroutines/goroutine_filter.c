/* The fields of a goroutine that --where expressions may use, and their values. */
#include "commands/goroutines/goroutine_view.h"

#include <string.h>

enum field_id {
	FIELD_GOID,
	FIELD_STATUS,
	FIELD_STATE,
	FIELD_WAIT_REASON,
	FIELD_WAIT,
	FIELD_ENTRY,
	FIELD_CREATOR,
	FIELD_PARENT,
	FIELD_SYSTEM,
	FIELD_LOCKED,
	FIELD_THREAD,
	FIELD_ADDR,
	FIELD_TOP,
	FIELD_STACK,
	FIELD_WAITING_ON,
	FIELD_CTX,
	FIELD_CTX_TYPE,
	FIELD_CTX_STATE,
	FIELD_LABELS,
	FIELD_BUBBLE,
};

static const struct expr_name names[] = {
	{"goid", EXPR_INT, FIELD_GOID, "goroutine ID", NULL},
	{"status", EXPR_STRING, FIELD_STATUS,
		"running, runnable, waiting, syscall, preempted… (what it waits for: wait_reason)",
		NULL},
	{"state", EXPR_STRING, FIELD_STATE, "wait reason if it is waiting, otherwise status", NULL},
	{"wait_reason", EXPR_STRING, FIELD_WAIT_REASON,
		"text from the runtime: chan receive, select, IO wait…", NULL},
	{"wait", EXPR_DURATION, FIELD_WAIT,
		"time it has been waiting; often only bounds are known (help goroutines)", NULL},
	{"entry", EXPR_STRING, FIELD_ENTRY, "function it started with", NULL},
	{"creator", EXPR_STRING, FIELD_CREATOR, "function with the go statement that created it",
		NULL},
	{"parent", EXPR_INT, FIELD_PARENT,
		"ID of the goroutine that created it (Go 1.21 and later)", NULL},
	{"system", EXPR_BOOL, FIELD_SYSTEM, "it belongs to the runtime", NULL},
	{"locked", EXPR_BOOL, FIELD_LOCKED, "it is locked to a thread", NULL},
	{"thread", EXPR_INT, FIELD_THREAD, "ID of the thread that runs it", NULL},
	{"addr", EXPR_INT, FIELD_ADDR, "address of its g", NULL},
	{"top", EXPR_STRING, FIELD_TOP, "innermost function outside the runtime", NULL},
	{"stack", EXPR_STRINGS, FIELD_STACK, "any function on its stack", NULL},
	{"waiting_on", EXPR_INT, FIELD_WAITING_ON,
		"address of the first channel, lock or timer it waits on", NULL},
	{"ctx", EXPR_INT, FIELD_CTX, "address of the context whose Done channel it waits on", NULL},
	{"ctx_type", EXPR_STRING, FIELD_CTX_TYPE, "type of that context", NULL},
	{"ctx_state", EXPR_STRING, FIELD_CTX_STATE, "state of that context", NULL},
	{"bubble", EXPR_INT, FIELD_BUBBLE, "ID of its testing/synctest bubble (Go 1.25 and later)",
		NULL},
	{"labels", EXPR_MAP, FIELD_LABELS, "pprof labels: labels[\"key\"]", NULL},
};

static const struct expr_schema schema = {names, array_length(names)};

const struct expr_schema *goroutine_expr_schema(void)
{
	return &schema;
}

/* The possible values of a field that the target's own texts enumerate; NULL: any. */
static struct error *texts_of(struct program *program, int id, const char ***ret)
{
	*ret = NULL;
	if (id != FIELD_STATUS && id != FIELD_STATE && id != FIELD_WAIT_REASON)
		return NULL;
	return goroutine_state_texts(program, id != FIELD_WAIT_REASON, id != FIELD_STATUS, ret);
}

struct error *goroutine_expr_compile(struct program *program, const char *text, struct expr **ret)
{
	struct expr_name with_values[array_length(names)];
	const char **texts[array_length(names)] = {NULL};
	const struct expr_schema complete = {with_values, array_length(names)};
	struct error *err = NULL;
	for (size_t i = 0; i < array_length(names); i++) {
		with_values[i] = names[i];
		if (!err)
			err = texts_of(program, names[i].id, &texts[i]);
		with_values[i].values = (const char *const *)texts[i];
	}
	if (!err)
		err = expr_compile(text, &complete, ret);
	for (size_t i = 0; i < array_length(names); i++)
		free(texts[i]);
	return err;
}

struct error *goroutine_expr_fields(
	struct session *session, const char *before, const struct expr_schema **ret)
{
	(void)session, (void)before;
	*ret = &schema;
	return NULL;
}

/* Fields of struct goroutine. */
static void plain_value(const struct goroutine_view *view, int id, struct expr_value *ret)
{
	const struct goroutine *goroutine = view->goroutine;
	struct code_location location;
	struct wait_time time;
	switch (id) {
	case FIELD_GOID:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)goroutine->goid);
		break;
	case FIELD_STATUS:
		expr_value_string(ret, goroutine_status(view->program, goroutine));
		break;
	case FIELD_STATE:
		expr_value_string(ret, goroutine_state(view->program, goroutine));
		break;
	case FIELD_WAIT_REASON:
		expr_value_string(ret, goroutine_wait_reason(view->program, goroutine));
		break;
	case FIELD_WAIT:
		time = goroutine_wait_time(view->program, goroutine);
		expr_value_bounds(ret, time.min_ns, time.max_ns);
		ret->present = time.waits;
		break;
	case FIELD_ENTRY:
		expr_value_string(ret, program_function_name(view->program, goroutine->start_pc));
		break;
	case FIELD_CREATOR:
		expr_value_string(ret, goroutine_creator(view->program, goroutine, &location)
					       ? location.function
					       : NULL);
		break;
	case FIELD_PARENT:
		expr_value_integer(ret, EXPR_INT, goroutine->parent_goid != 0,
			(int64_t)goroutine->parent_goid);
		break;
	case FIELD_SYSTEM:
		expr_value_bool(ret, goroutine->system);
		break;
	case FIELD_LOCKED:
		expr_value_bool(ret, goroutine->locked_m != 0);
		break;
	case FIELD_BUBBLE:
		expr_value_integer(
			ret, EXPR_INT, goroutine->bubble_id != 0, (int64_t)goroutine->bubble_id);
		break;
	case FIELD_THREAD:
		expr_value_integer(ret, EXPR_INT, goroutine->tid != 0, goroutine->tid);
		break;
	default:
		expr_value_integer(ret, EXPR_INT, true, (int64_t)goroutine->address);
		break;
	}
}

static void stack_value(const struct goroutine_view *view, size_t index, struct expr_value *ret)
{
	expr_value_string(
		ret, index < view->stack.count ? view->stack.frames[index].function : NULL);
}

static void label_value(const struct goroutine_view *view, const char *key, struct expr_value *ret)
{
	const char *value = NULL;
	for (size_t i = 0; i < view->label_count; i++) {
		if (strcmp(view->labels[i].key, key) == 0)
			value = view->labels[i].value;
	}
	expr_value_string(ret, value);
}

static void context_value(const struct goroutine_view *view, int id, struct expr_value *ret)
{
	const struct context *context = goroutine_view_first_context(view);
	if (id == FIELD_CTX)
		expr_value_integer(
			ret, EXPR_INT, context != NULL, context ? (int64_t)context->address : 0);
	else if (id == FIELD_CTX_TYPE)
		expr_value_string(ret, context ? context->type->name : NULL);
	else
		expr_value_string(ret, context ? context_state_name(context->state) : NULL);
}

/* The part of the view that the field with this id needs. */
static unsigned part_of(int id)
{
	switch (id) {
	case FIELD_TOP:
	case FIELD_STACK:
		return VIEW_STACK;
	case FIELD_WAITING_ON:
		return VIEW_WAITS;
	case FIELD_CTX:
	case FIELD_CTX_TYPE:
	case FIELD_CTX_STATE:
		return VIEW_CONTEXTS;
	case FIELD_LABELS:
		return VIEW_LABELS;
	default:
		return 0;
	}
}

unsigned goroutine_expr_parts(const struct expr *expr)
{
	unsigned parts = 0;
	for (size_t i = 0; i < array_length(names); i++)
		parts |= expr_uses(expr, names[i].id) ? part_of(names[i].id) : 0;
	return parts;
}

struct error *goroutine_expr_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret)
{
	struct goroutine_view *view = context;
	struct error *err = goroutine_view_load(view, part_of(id));
	if (err)
		return err;
	const struct frame *top;
	switch (id) {
	case FIELD_TOP:
		top = stack_user_frame(&view->stack);
		expr_value_string(ret, top ? top->function : NULL);
		break;
	case FIELD_STACK:
		stack_value(view, index, ret);
		break;
	case FIELD_WAITING_ON:
		expr_value_integer(ret, EXPR_INT, view->wait_count && view->waits[0].address,
			view->wait_count ? (int64_t)view->waits[0].address : 0);
		break;
	case FIELD_CTX:
	case FIELD_CTX_TYPE:
	case FIELD_CTX_STATE:
		context_value(view, id, ret);
		break;
	case FIELD_LABELS:
		label_value(view, key, ret);
		break;
	default:
		plain_value(view, id, ret);
	}
	return NULL;
}
