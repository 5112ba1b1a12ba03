/* What expressions can name at each kind of place: see values.h. */
#include "dbg/break/values.h"

#include "dbg/go/program/program_state.h"

/* At which places a value is known: a bit per kind. */
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
	{{"hits", EXPR_INT, VALUE_HITS, "times this breakpoint has been come to", NULL}, ANYWHERE,
		false},
	{{"goid", EXPR_INT, VALUE_GOID, "id of the goroutine that comes there", NULL}, ANYWHERE,
		false},
	{{"thread", EXPR_INT, VALUE_THREAD, "the thread that runs it", NULL}, ANYWHERE, false},
	{{"function", EXPR_STRING, VALUE_FUNCTION, "the innermost function outside of the runtime",
		 NULL},
		ANYWHERE, false},
	{{"caller", EXPR_STRING, VALUE_CALLER, "the function that called", NULL}, AT_CODE, false},
	{{"stack", EXPR_STRINGS, VALUE_STACK, "any function on its stack", NULL}, ANYWHERE, false},
	{{"labels", EXPR_MAP, VALUE_LABELS, "its pprof labels: labels[\"key\"]", NULL}, ANYWHERE,
		false},
	{{"fn", EXPR_STRING, VALUE_FN, "the function that the new goroutine runs", NULL},
		AT_NEWPROC, true},
	{{"entry", EXPR_STRING, VALUE_ENTRY, "the function that the goroutine started with", NULL},
		AT_GOEXIT | AT_PARK | AT_READY, true},
	{{"calls", EXPR_STRING, VALUE_CALLS,
		 "the function that its go statement names, also where the compiler put another "
		 "one "
		 "(gowrap1) around it",
		 NULL},
		AT_NEWPROC | AT_GOEXIT | AT_PARK | AT_READY, true},
	{{"file", EXPR_STRING, VALUE_FILE, "that function's source file", NULL}, AT_NEWPROC, true},
	{{"line", EXPR_INT, VALUE_LINE, "and the line it begins at", NULL}, AT_NEWPROC, true},
	{{"new_goid", EXPR_INT, VALUE_NEW_GOID, "id of the new goroutine", NULL}, AT_NEWPROC, true},
	{{"creator", EXPR_STRING, VALUE_CREATOR, "the function with the go statement", NULL},
		AT_NEWPROC | AT_GOEXIT, true},
	{{"creator_file", EXPR_STRING, VALUE_CREATOR_FILE, "where that statement is", NULL},
		AT_NEWPROC | AT_GOEXIT, true},
	{{"creator_line", EXPR_INT, VALUE_CREATOR_LINE, "its line", NULL}, AT_NEWPROC | AT_GOEXIT,
		true},
	{{"age", EXPR_DURATION, VALUE_AGE,
		 "how long it lived, if its birth was seen (with one at newproc too, or age in a "
		 "condition)",
		 NULL},
		AT_GOEXIT, true},
	{{"ctx", EXPR_INT, VALUE_CTX, "address of the context", NULL}, AT_CANCEL, true},
	{{"ctx_type", EXPR_STRING, VALUE_CTX_TYPE, "its type", NULL}, AT_CANCEL, true},
	{{"err", EXPR_STRING, VALUE_ERR, "the error's text, or type", NULL}, AT_CANCEL, true},
	{{"cause", EXPR_STRING, VALUE_CAUSE, "the cause's text, or type (Go 1.21 and later)", NULL},
		AT_CANCEL, true},
	{{"children", EXPR_INT, VALUE_CHILDREN, "contexts that end with it, directly", NULL},
		AT_CANCEL, true},
	{{"reason", EXPR_STRING, VALUE_REASON, "what it waits for, in the runtime's words", NULL},
		AT_PARK | AT_READY, true},
	{{"ready_goid", EXPR_INT, VALUE_READY_GOID, "id of the goroutine that can go on", NULL},
		AT_READY, true},
	{{"value", EXPR_STRING, VALUE_PANIC, "what was passed to panic, as text", NULL}, AT_PANIC,
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
	/* A name found first wins: the variables cannot hide goid. */
	for (size_t i = 0; i < variables->count; i++)
		names[count++] = (struct expr_name){.name = variables->items[i].name,
			.type = variables->items[i].type,
			.id = VALUE_VARIABLES + (int)i,
			.help = variables->words ? "a word of the arguments" : "a variable"};
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
	ret->wrapper_id = wrapper_id(program);
	return location->kind == LOCATION_CANCEL ? find_context_parts(program, &ret->context)
						 : NULL;
}
