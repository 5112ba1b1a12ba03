/* `ctx show`: everything about one context. */
#include <inttypes.h>

#include "commands/contexts/holders_text.h"
#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "dbg/go/go_program.h"

enum { SHOWN = 20 }; /* of goroutines, holders, children */

static void heading(struct output *output, const char *name)
{
	output_printf(output, STYLE_DIM, "  %-10s", name);
}

static void more(struct output *output, size_t count)
{
	if (count > SHOWN) {
		heading(output, "");
		output_printf(output, STYLE_DIM, "… and %zu more\n", count - SHOWN);
	}
}

/* From the root down to the context itself. */
static struct error *path_text(
	struct session *session, const struct context_forest *forest, ptrdiff_t number)
{
	size_t depth = 0;
	for (ptrdiff_t at = number; at != CONTEXT_NONE; at = forest->items[at].parent)
		depth++;
	_cleanup_free_ ptrdiff_t *path = calloc(depth, sizeof(*path));
	if (!path)
		return error_no_memory();
	size_t level = depth;
	for (ptrdiff_t at = number; at != CONTEXT_NONE; at = forest->items[at].parent)
		path[--level] = at;
	for (size_t i = 0; i < depth; i++) {
		bool middle = depth > 2 * SHOWN && i >= SHOWN && i < depth - SHOWN;
		if (middle && i > SHOWN)
			continue;
		heading(&session->out, i ? "" : "path");
		if (middle)
			output_printf(
				&session->out, STYLE_DIM, "… %zu more …\n", depth - 2 * SHOWN);
		else
			context_line(session, forest, path[i]);
	}
	return NULL;
}

static void done_text(
	struct session *session, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &session->out;
	const struct context *context = &forest->items[number];
	heading(output, "done");
	if (context->done_source == CONTEXT_NONE)
		output_printf(output, STYLE_PLAIN, "%s\n",
			context->state == CONTEXT_NEVER
				? "nil: nothing can cancel it"
				: "unknown: the type has its own Done method");
	else if (context->done_source != number)
		output_printf(output, STYLE_PLAIN, "shared with %s 0x%" PRIx64 "\n",
			forest->items[context->done_source].type->name,
			forest->items[context->done_source].address);
	else if (!context->done)
		output_printf(output, STYLE_PLAIN, "not created yet: Done was never called\n");
	else
		output_printf(output, STYLE_PLAIN, "chan 0x%" PRIx64 "%s\n", context->done,
			context->done_closed ? ", closed" : ", open");
}

static void children_text(
	struct session *session, const struct context_forest *forest, const struct context *context)
{
	struct output *output = &session->out;
	for (size_t i = 0; i < context->child_count && i < SHOWN; i++) {
		heading(output, i ? "" : "children");
		context_line(session, forest, context->children[i]);
	}
	more(output, context->child_count);
	if (context->unknown_children) {
		heading(output, context->child_count ? "" : "children");
		output_printf(
			output, STYLE_PLAIN, "%zu could not be read\n", context->unknown_children);
	}
}

/* The goroutines that wait on its Done channel, which may belong to another context. */
static void waiters_text(
	struct session *session, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &session->out;
	ptrdiff_t done_source = forest->items[number].done_source;
	if (done_source == CONTEXT_NONE)
		return;
	const struct context *context = &forest->items[done_source];
	for (size_t i = 0; i < context->waiter_count && i < SHOWN; i++) {
		heading(output, i ? "" : "waiting");
		goroutine_line(output, session, context->waiters[i]);
	}
	more(output, context->waiter_count);
}

/* True for pointers at the same offset in heap objects of the same type: only one is printed. */
static bool looks_same(const struct holder_objects *objects, const struct context_holder *a,
	const struct context_holder *b)
{
	const struct object_type *x = holder_object(objects, a), *y = holder_object(objects, b);
	return a->kind == HOLDER_HEAP && b->kind == HOLDER_HEAP && a->registered == b->registered &&
	       (a->inside == CONTEXT_NONE) == (b->inside == CONTEXT_NONE) &&
	       a->object_size == b->object_size &&
	       a->address - a->object == b->address - b->object &&
	       (x ? x->type : NULL) == (y ? y->type : NULL) &&
	       (x ? x->function : NULL) == (y ? y->function : NULL);
}

static void holders_text(struct session *session, const struct context_forest *forest,
	ptrdiff_t number, const struct holder_objects *objects)
{
	size_t count, shown = 0;
	const struct context_holder *holders = context_holders(forest, number, &count);
	for (size_t i = 0; i < count && shown < SHOWN; i++) {
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = looks_same(objects, &holders[i], &holders[j]);
		if (seen)
			continue;
		size_t similar = 0;
		for (size_t j = i + 1; j < count; j++)
			similar += looks_same(objects, &holders[i], &holders[j]);
		heading(&session->out, shown++ ? "" : "held by");
		holder_line(&session->out, session, forest, objects, &holders[i]);
		if (similar) {
			heading(&session->out, "");
			output_printf(
				&session->out, STYLE_DIM, "  and %zu more like it\n", similar);
		}
	}
}

/* Background and TODO share an address. */
static bool is_at_same_address(const struct context_forest *forest, ptrdiff_t a, ptrdiff_t b)
{
	return b < (ptrdiff_t)forest->count && forest->items[a].address == forest->items[b].address;
}

static struct error *show_text(struct session *session, const struct context_forest *forest,
	ptrdiff_t number, const struct holder_objects *objects)
{
	struct output *output = &session->out;
	const struct context *context = &forest->items[number];
	context_line(session, forest, number);
	struct error *err = path_text(session, forest, number);
	if (err)
		return err;
	done_text(session, forest, number);
	if (context->after_func) {
		const char *name = program_function_name(session->program, context->after_func);
		heading(output, "runs");
		output_text(output, STYLE_FUNCTION, name ? name : "?");
		output_printf(output, STYLE_PLAIN, " when it is canceled\n");
	}
	children_text(session, forest, context);
	waiters_text(session, forest, number);
	holders_text(session, forest, number, objects);
	if (context->partial)
		output_printf(output, STYLE_WARNING, "  part of the context could not be read\n");
	return NULL;
}

static struct error *waiting_json(struct json *json, struct session *session,
	const struct context_forest *forest, ptrdiff_t number)
{
	ptrdiff_t done_source = forest->items[number].done_source;
	const struct context *context =
		done_source == CONTEXT_NONE ? NULL : &forest->items[done_source];
	struct error *err = NULL;
	json_array(json, "waiting");
	for (size_t i = 0; !err && context && i < context->waiter_count; i++) {
		err = target_check(session->target);
		if (!err)
			err = goroutine_brief_json(json, session, context->waiters[i]);
	}
	json_end(json);
	return err;
}

static struct error *held_by_json(struct json *json, struct session *session,
	const struct context_forest *forest, ptrdiff_t number, const struct holder_objects *objects)
{
	size_t count;
	const struct context_holder *holders = context_holders(forest, number, &count);
	struct error *err = NULL;
	json_array(json, "held_by");
	for (size_t i = 0; !err && i < count; i++) {
		err = target_check(session->target);
		if (!err)
			err = holder_json(json, session, forest, objects, &holders[i]);
	}
	json_end(json);
	return err;
}

static struct error *show_json(struct session *session, const struct context_forest *forest,
	ptrdiff_t number, const struct holder_objects *objects)
{
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_string(json, "go", program_go_version(session->program));
	json_array(json, "contexts");
	struct error *err = NULL;
	for (ptrdiff_t at = number; !err && is_at_same_address(forest, number, at); at++) {
		struct context_view view = {.session = session, .forest = forest, .number = at};
		err = context_json(json, &view, NOT_IN_TREE);
		context_view_deinit(&view);
	}
	json_end(json);
	json_array(json, "path");
	for (ptrdiff_t at = forest->items[number].parent; at != CONTEXT_NONE;
		at = forest->items[at].parent)
		json_address(json, NULL, forest->items[at].address);
	json_end(json);
	if (!err)
		err = waiting_json(json, session, forest, number);
	if (!err)
		err = held_by_json(json, session, forest, number, objects);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static struct error *run_show(struct session *session, const struct arguments *arguments)
{
	const struct context_forest *forest;
	ptrdiff_t number;
	struct holder_objects objects = {0};
	struct error *err = load_context_argument(session, arguments, &forest, &number);
	if (!err) {
		size_t count;
		const struct context_holder *holders = context_holders(forest, number, &count);
		err = holder_objects_load(session, holders, count, &objects);
	}
	if (!err && argument_given(arguments, "json"))
		err = show_json(session, forest, number, &objects);
	for (ptrdiff_t at = number; !err && !argument_given(arguments, "json") &&
				    is_at_same_address(forest, number, at);
		at++)
		err = show_text(session, forest, at, &objects);
	holder_objects_deinit(&objects);
	return err;
}

static const struct command_option show_options[] = {
	{"garbage", 0, NULL, "accept a context that a garbage collection found unreachable", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_show_command = {
	.name = "ctx show",
	.group = GROUP_CONTEXTS,
	.usage = "ctx show ADDR [--garbage] [--json]",
	.summary = "Shows one context: its ancestors, children, waiters and holders",
	.help = "\"waiting\" lists the goroutines blocked on its Done channel, read from the "
		"channel's own queue. \"held by\" lists what contains the context: live "
		"variables and arguments of goroutines (according to the compiler's liveness "
		"maps), heap objects and global variables. The type of a heap object is inferred "
		"from what points to it (interface values, variables, fields, maps) or from the "
		"allocator's type information. If it is unknown, as is common in a stripped "
		"program, the size is shown instead.",
	.example = "ctx show 0xc0000a8000",
	.options = show_options,
	.min_words = 1,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_context,
	.run = run_show,
};
REGISTER_COMMAND(ctx_show_command);
