/* `ctx show`: everything about one context; `ctx who`: the goroutines that have to do with it. */
#include <inttypes.h>

#include "commands/context_holders.h"
#include "commands/registry.h"
#include "dbg/go/program.h"

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

/* "*context.cancelCtx 0x…  active, deadline in 4m12s" */
static void context_line(struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &shell->out;
	struct context_view view = {.shell = shell, .forest = forest, .number = number};
	const struct context *context = view_context(&view);
	char state[256], deadline[64];
	output_text(output, STYLE_FUNCTION, context->type->name);
	output_printf(output, STYLE_ADDRESS, " 0x%" PRIx64, context->address);
	if (context->kind != CONTEXT_BACKGROUND) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output,
			context->state == CONTEXT_CANCELED ? STYLE_WARNING : STYLE_PLAIN,
			context_state_text(&view, state, sizeof(state)));
	}
	context_deadline_text(shell->program, context, deadline, sizeof(deadline));
	if (deadline[0] && context->state != CONTEXT_CANCELED)
		output_printf(output, STYLE_PLAIN, ", %s", deadline);
	error_destroy(context_view_load(&view));
	if (view.key) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output, STYLE_PLAIN, view.key);
		output_printf(output, STYLE_PLAIN, " = ");
		output_text(output, STYLE_PLAIN, view.value ? view.value : "nil");
	}
	output_printf(output, STYLE_PLAIN, "\n");
	context_view_deinit(&view);
}

/* From the root down to the context itself. */
static struct error *path_text(
	struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
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
		heading(&shell->out, i ? "" : "path");
		if (middle)
			output_printf(&shell->out, STYLE_DIM, "… %zu more …\n", depth - 2 * SHOWN);
		else
			context_line(shell, forest, path[i]);
	}
	return NULL;
}

static void done_text(struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &shell->out;
	const struct context *context = &forest->items[number];
	heading(output, "done");
	if (context->governor == CONTEXT_NONE)
		output_printf(output, STYLE_PLAIN, "%s\n",
			context->state == CONTEXT_NEVER ? "nil: nothing can cancel it"
							: "not known: the type's own Done");
	else if (context->governor != number)
		output_printf(output, STYLE_PLAIN, "that of %s 0x%" PRIx64 "\n",
			forest->items[context->governor].type->name,
			forest->items[context->governor].address);
	else if (!context->done)
		output_printf(output, STYLE_PLAIN, "not asked for yet\n");
	else
		output_printf(output, STYLE_PLAIN, "chan 0x%" PRIx64 "%s\n", context->done,
			context->done_closed ? ", closed" : ", open");
}

static void children_text(
	struct shell *shell, const struct context_forest *forest, const struct context *context)
{
	struct output *output = &shell->out;
	for (size_t i = 0; i < context->child_count && i < SHOWN; i++) {
		heading(output, i ? "" : "children");
		context_line(shell, forest, context->children[i]);
	}
	more(output, context->child_count);
	if (context->unknown_children) {
		heading(output, context->child_count ? "" : "children");
		output_printf(output, STYLE_PLAIN, "%zu that could not be read\n",
			context->unknown_children);
	}
}

/* Those that wait on its Done, which may be another context's. */
static void waiters_text(struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &shell->out;
	ptrdiff_t governor = forest->items[number].governor;
	if (governor == CONTEXT_NONE)
		return;
	const struct context *context = &forest->items[governor];
	for (size_t i = 0; i < context->waiter_count && i < SHOWN; i++) {
		heading(output, i ? "" : "waiting");
		goroutine_line(output, shell, context->waiters[i]);
	}
	more(output, context->waiter_count);
}

/* Pointers in heap objects that look the same: as many as there are, one is enough to see. */
static bool is_alike(const struct context_holder *a, const struct context_holder *b)
{
	return a->kind == HOLDER_HEAP && b->kind == HOLDER_HEAP && a->registered == b->registered &&
	       (a->inside == CONTEXT_NONE) == (b->inside == CONTEXT_NONE) &&
	       a->object_size == b->object_size && a->address - a->object == b->address - b->object;
}

static void holders_text(struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
{
	size_t count, shown = 0;
	const struct context_holder *holders = context_holders(forest, number, &count);
	for (size_t i = 0; i < count && shown < SHOWN; i++) {
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = is_alike(&holders[i], &holders[j]);
		if (seen)
			continue;
		size_t alike = 0;
		for (size_t j = i + 1; j < count; j++)
			alike += is_alike(&holders[i], &holders[j]);
		heading(&shell->out, shown++ ? "" : "held by");
		holder_line(&shell->out, shell, forest, &holders[i]);
		if (alike) {
			heading(&shell->out, "");
			output_printf(&shell->out, STYLE_DIM, "  and %zu more like that\n", alike);
		}
	}
}

static struct error *show_text(
	struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
{
	struct output *output = &shell->out;
	const struct context *context = &forest->items[number];
	context_line(shell, forest, number);
	struct error *err = path_text(shell, forest, number);
	if (err)
		return err;
	done_text(shell, forest, number);
	if (context->after_func) {
		const char *name = program_function_name(shell->program, context->after_func);
		heading(output, "runs");
		output_text(output, STYLE_FUNCTION, name ? name : "?");
		output_printf(output, STYLE_PLAIN, " when it ends\n");
	}
	children_text(shell, forest, context);
	waiters_text(shell, forest, number);
	holders_text(shell, forest, number);
	if (context->partial)
		output_printf(output, STYLE_WARNING, "  part of it could not be read\n");
	return NULL;
}

static struct error *show_json(
	struct shell *shell, const struct context_forest *forest, ptrdiff_t number)
{
	struct json *json = json_create(&shell->out);
	if (!json)
		return error_no_memory();
	json_string(json, "go", program_go_version(shell->program));
	json_array(json, "contexts");
	struct context_view view = {.shell = shell, .forest = forest, .number = number};
	struct error *err = context_json(json, &view, NOT_IN_TREE);
	context_view_deinit(&view);
	json_end(json);
	json_array(json, "path");
	for (ptrdiff_t at = forest->items[number].parent; at != CONTEXT_NONE;
		at = forest->items[at].parent)
		json_address(json, NULL, forest->items[at].address);
	json_end(json);
	ptrdiff_t governor = forest->items[number].governor;
	json_array(json, "waiting");
	for (size_t i = 0; governor != CONTEXT_NONE && i < forest->items[governor].waiter_count;
		i++)
		goroutine_brief_json(json, shell, forest->items[governor].waiters[i]);
	json_end(json);
	size_t count;
	const struct context_holder *holders = context_holders(forest, number, &count);
	json_array(json, "held_by");
	for (size_t i = 0; i < count; i++)
		holder_json(json, shell, forest, &holders[i]);
	json_end(json);
	json_finish(json);
	return err;
}

static struct error *load(struct shell *shell, const struct arguments *arguments,
	const struct context_forest **ret, ptrdiff_t *ret_number)
{
	unsigned flags = CONTEXTS_HOLDERS;
	for (const struct command_option *option = arguments->command->options; option->name;
		option++) {
		if (strcmp(option->name, "garbage") == 0 && argument_given(arguments, "garbage"))
			flags |= CONTEXTS_GARBAGE;
	}
	struct error *err = contexts_load(shell, flags, ret);
	return err ? err : context_argument(*ret, arguments->words[0], ret_number);
}

static struct error *run_show(struct shell *shell, const struct arguments *arguments)
{
	const struct context_forest *forest;
	ptrdiff_t number;
	struct error *err = load(shell, arguments, &forest, &number);
	if (err)
		return err;
	return argument_given(arguments, "json") ? show_json(shell, forest, number)
						 : show_text(shell, forest, number);
}

static const struct command_option show_options[] = {
	{"garbage", 0, NULL, "also a context that nothing alive points to any more", NULL},
	{"json", 0, NULL, "as one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_show_command = {
	.name = "ctx show",
	.group = GROUP_CONTEXTS,
	.usage = "ctx show ADDR [--garbage] [--json]",
	.summary = "Shows everything about one context: its path, who waits, who holds it",
	.help = "\"waiting\" are the goroutines blocked on its Done channel, from the channel's "
		"own "
		"queue. \"held by\" are live variables and arguments of goroutines (the compiler's "
		"maps say which are alive), objects on the heap and global variables with the "
		"context in them.",
	.example = "ctx show 0xc0000a8000",
	.options = show_options,
	.min_words = 1,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_context,
	.run = run_show,
};
REGISTER_COMMAND(ctx_show_command);

/* ---- who ---- */

struct ids {
	uint64_t *items;
	size_t count, capacity;
};

static struct error *add_id(struct ids *ids, uint64_t goid)
{
	if (!array_reserve(&ids->items, &ids->capacity, ids->count + 1))
		return error_no_memory();
	ids->items[ids->count++] = goid;
	return NULL;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static bool contains(const struct ids *ids, uint64_t goid)
{
	return ids->count &&
	       bsearch(&goid, ids->items, ids->count, sizeof(*ids->items), by_id) != NULL;
}

static void sort_ids(struct ids *ids)
{
	size_t kept = 0;
	if (ids->count)
		qsort(ids->items, ids->count, sizeof(*ids->items), by_id);
	for (size_t i = 0; i < ids->count; i++) {
		if (!kept || ids->items[i] != ids->items[kept - 1])
			ids->items[kept++] = ids->items[i];
	}
	ids->count = kept;
}

/* Goroutines that wait on its Done, and those that only hold it or something below it. */
static struct error *find_who(const struct context_forest *forest, ptrdiff_t number,
	struct ids *waiting, struct ids *holding)
{
	struct error *err = NULL;
	ptrdiff_t governor = forest->items[number].governor;
	for (size_t i = 0;
		governor != CONTEXT_NONE && !err && i < forest->items[governor].waiter_count; i++)
		err = add_id(waiting, forest->items[governor].waiters[i]);
	sort_ids(waiting);
	for (size_t i = 0; !err && i < forest->holder_count; i++) {
		const struct context_holder *holder = &forest->holders[i];
		if (holder->kind == HOLDER_GOROUTINE && !contains(waiting, holder->goid) &&
			context_is_below(forest, holder->context, number))
			err = add_id(holding, holder->goid);
	}
	for (size_t i = 0; !err && i < forest->count; i++) {
		const struct context *context = &forest->items[i];
		if ((ptrdiff_t)i == governor || !context->waiter_count ||
			!context_is_below(forest, (ptrdiff_t)i, number))
			continue;
		for (size_t j = 0; !err && j < context->waiter_count; j++) {
			if (!contains(waiting, context->waiters[j]))
				err = add_id(holding, context->waiters[j]);
		}
	}
	sort_ids(holding);
	return err;
}

static void ids_text(
	struct shell *shell, const char *one, const char *many, const struct ids *ids, bool all)
{
	output_printf(&shell->out, STYLE_STRONG, "%zu goroutine%s%s\n", ids->count,
		ids->count == 1 ? one : many, ids->count ? ":" : "");
	for (size_t i = 0; i < ids->count && (all || i < SHOWN) && !output_failed(&shell->out);
		i++) {
		output_printf(&shell->out, STYLE_PLAIN, "  ");
		goroutine_line(&shell->out, shell, ids->items[i]);
	}
	if (!all && ids->count > SHOWN)
		output_printf(
			&shell->out, STYLE_DIM, "  … and %zu more (--all)\n", ids->count - SHOWN);
}

static void ids_json(struct json *json, struct shell *shell, const char *key, const struct ids *ids)
{
	json_array(json, key);
	for (size_t i = 0; i < ids->count; i++)
		goroutine_brief_json(json, shell, ids->items[i]);
	json_end(json);
}

static struct error *run_who(struct shell *shell, const struct arguments *arguments)
{
	const struct context_forest *forest;
	ptrdiff_t number;
	struct ids waiting = {0}, holding = {0};
	struct error *err = load(shell, arguments, &forest, &number);
	if (!err)
		err = find_who(forest, number, &waiting, &holding);
	if (!err && argument_given(arguments, "json")) {
		struct json *json = json_create(&shell->out);
		if (json) {
			json_address(json, "ctx", forest->items[number].address);
			ids_json(json, shell, "waiting", &waiting);
			ids_json(json, shell, "holding", &holding);
			json_finish(json);
		}
		err = json ? NULL : error_no_memory();
	} else if (!err) {
		context_line(shell, forest, number);
		bool all = argument_given(arguments, "all");
		ids_text(shell, " waits on its Done", "s wait on its Done", &waiting, all);
		ids_text(shell, " only holds it or a context below it",
			"s only hold it or a context below it", &holding, all);
	}
	free(waiting.items);
	free(holding.items);
	return err;
}

static const struct command_option who_options[] = {
	{"all", 'a', NULL, "every goroutine, not only the first 20", NULL},
	{"json", 0, NULL, "as one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_who_command = {
	.name = "ctx who",
	.group = GROUP_CONTEXTS,
	.usage = "ctx who ADDR [--all] [--json]",
	.summary = "Shows the goroutines that wait on a context, and those that hold it",
	.help = "Who waits on its Done is exact: it comes from the channel's queue. The others "
		"have "
		"the context, or one below it, in a live variable or argument, or wait on the Done "
		"of one below it.",
	.example = "ctx who 0xc0000a8000",
	.options = who_options,
	.min_words = 1,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_context,
	.run = run_who,
};
REGISTER_COMMAND(ctx_who_command);
