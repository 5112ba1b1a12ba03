/* The values that expressions can name at each kind of location: see values.h. */
#include "dbg/break/values.h"

#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/unwind_info.h"

/* The kinds of locations where a value is known: one bit per kind. */
enum {
	AT_NEWPROC = 1 << LOCATION_NEWPROC,
	AT_GOEXIT = 1 << LOCATION_GOEXIT,
	AT_CANCEL = 1 << LOCATION_CANCEL,
	AT_PARK = 1 << LOCATION_PARK,
	AT_READY = 1 << LOCATION_READY,
	AT_PANIC = 1 << LOCATION_PANIC,
	AT_CODE = 1 << LOCATION_FUNCTION | 1 << LOCATION_LINE | 1 << LOCATION_ADDRESS,
	ANYWHERE = (1 << (LOCATION_ADDRESS + 1)) - 1,
};

static const struct {
	struct expr_name name;
	int locations;
	bool shown; /* in events */
} rows[] = {
	{{"hits", EXPR_INT, VALUE_HITS, "number of hits of this breakpoint so far", NULL}, ANYWHERE,
		false},
	{{"goid", EXPR_INT, VALUE_GOID, "ID of the goroutine that hit it", NULL}, ANYWHERE, false},
	{{"thread", EXPR_INT, VALUE_THREAD, "the thread that hit it", NULL}, ANYWHERE, false},
	{{"function", EXPR_STRING, VALUE_FUNCTION, "the innermost function outside the runtime",
		 NULL},
		ANYWHERE, false},
	{{"caller", EXPR_STRING, VALUE_CALLER, "the function that called it", NULL}, AT_CODE,
		false},
	{{"stack", EXPR_STRINGS, VALUE_STACK, "any function on its stack", NULL}, ANYWHERE, false},
	{{"labels", EXPR_MAP, VALUE_LABELS, "pprof labels of the goroutine: labels[\"key\"]", NULL},
		ANYWHERE, false},
	{{"fn", EXPR_STRING, VALUE_FN, "the function that the new goroutine runs", NULL},
		AT_NEWPROC, true},
	{{"entry", EXPR_STRING, VALUE_ENTRY, "the function that the goroutine started with", NULL},
		AT_GOEXIT | AT_PARK | AT_READY, true},
	{{"calls", EXPR_STRING, VALUE_CALLS,
		 "the function called by the go statement, without the compiler's wrapper "
		 "(gowrap1)",
		 NULL},
		AT_NEWPROC | AT_GOEXIT | AT_PARK | AT_READY, true},
	{{"file", EXPR_STRING, VALUE_FILE, "that function's source file", NULL}, AT_NEWPROC, true},
	{{"line", EXPR_INT, VALUE_LINE, "the line where it starts", NULL}, AT_NEWPROC, true},
	{{"new_goid", EXPR_INT, VALUE_NEW_GOID, "ID of the new goroutine", NULL}, AT_NEWPROC, true},
	{{"creator", EXPR_STRING, VALUE_CREATOR, "the function with the go statement", NULL},
		AT_NEWPROC | AT_GOEXIT, true},
	{{"creator_file", EXPR_STRING, VALUE_CREATOR_FILE, "source file of the go statement", NULL},
		AT_NEWPROC | AT_GOEXIT, true},
	{{"creator_line", EXPR_INT, VALUE_CREATOR_LINE, "line of the go statement", NULL},
		AT_NEWPROC | AT_GOEXIT, true},
	{{"age", EXPR_DURATION, VALUE_AGE,
		 "time since its creation, if that was recorded "
		 "(with a breakpoint at newproc, or with age in a condition)",
		 NULL},
		AT_GOEXIT, true},
	{{"ctx", EXPR_INT, VALUE_CTX, "address of the context", NULL}, AT_CANCEL, true},
	{{"ctx_type", EXPR_STRING, VALUE_CTX_TYPE, "its type", NULL}, AT_CANCEL, true},
	{{"err", EXPR_STRING, VALUE_ERR, "the error's text, or type", NULL}, AT_CANCEL, true},
	{{"cause", EXPR_STRING, VALUE_CAUSE, "the cause's text, or type (Go 1.21 and later)", NULL},
		AT_CANCEL, true},
	{{"children", EXPR_INT, VALUE_CHILDREN, "number of its direct child contexts", NULL},
		AT_CANCEL, true},
	{{"reason", EXPR_STRING, VALUE_REASON, "the runtime's wait reason", NULL},
		AT_PARK | AT_READY, true},
	{{"ready_goid", EXPR_INT, VALUE_READY_GOID, "ID of the goroutine that becomes runnable",
		 NULL},
		AT_READY, true},
	{{"value", EXPR_STRING, VALUE_PANIC, "the value passed to panic, as text", NULL}, AT_PANIC,
		true},
	{{"value_type", EXPR_STRING, VALUE_PANIC_TYPE, "its type", NULL}, AT_PANIC, true},
};

struct error *value_names(const struct location *location,
	const struct location_variables *variables, struct expr_name **ret, size_t *ret_count)
{
	struct expr_name *names = calloc(array_length(rows) + variables->count, sizeof(*names));
	size_t count = 0;
	if (!names)
		return error_no_memory();
	for (size_t i = 0; i < array_length(rows); i++) {
		if (rows[i].locations & 1 << location->kind)
			names[count++] = rows[i].name;
	}
	/* The first match wins, so variables cannot hide names such as goid. */
	for (size_t i = 0; i < variables->count; i++)
		names[count++] = (struct expr_name){.name = variables->items[i].name,
			.type = variables->items[i].type,
			.id = VALUE_VARIABLES + (int)i,
			.help = variables->words ? "an argument word" : "a variable"};
	*ret = names;
	*ret_count = count;
	return NULL;
}

size_t value_shown(
	enum location_kind kind, const struct location_variables *variables, int *ret, size_t max)
{
	size_t count = 0;
	for (size_t i = 0; i < array_length(rows) && count < max; i++) {
		if (rows[i].shown && (rows[i].locations & 1 << kind))
			ret[count++] = rows[i].name.id;
	}
	for (size_t i = 0; i < variables->count && count < max; i++) {
		if (variables->items[i].whole)
			ret[count++] = VALUE_VARIABLES + (int)i;
	}
	return count;
}

bool value_is_address(const struct location_variables *variables, int id)
{
	if (id < VALUE_VARIABLES)
		return id == VALUE_CTX;
	return variables->items[id - VALUE_VARIABLES].form == VARIABLE_ADDRESS;
}

static struct error *find_context_parts(struct program *program, struct context_parts *ret)
{
	static const char *const names[] = {"err", "cause", "children"};
	int64_t *const offsets[] = {&ret->err, &ret->cause, &ret->children};
	const struct go_type *type;
	struct error *err = program_type_named(program, "*context.cancelCtx", &type);
	if (!err)
		err = go_type_element(program, type, &type);
	for (size_t i = 0; i < array_length(names) && !err; i++) {
		struct go_field field;
		*offsets[i] = -1;
		struct error *absent = go_type_field(program, type, names[i], &field);
		if (!absent)
			*offsets[i] = (int64_t)field.offset;
		if (!absent && offsets[i] == &ret->err)
			ret->err_is_any = field.type->kind == GO_STRUCT;
		error_destroy(absent);
	}
	return err;
}

struct error *value_source_init(struct program *program, const struct location *location,
	const struct location_variables *variables, struct value_source *ret)
{
	*ret = (struct value_source){.location = location, .variables = variables};
	ret->wrapper_id = unwind_wrapper_id(program);
	return location->kind == LOCATION_CANCEL ? find_context_parts(program, &ret->context)
						 : NULL;
}
