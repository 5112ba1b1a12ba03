/* `ctx who`: the goroutines that wait on a context or hold it. */
#include "commands/contexts/holders_text.h"
#include "commands/render/json.h"
#include "commands/session/registry.h"

enum { SHOWN = 20 };

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

static bool has_id(const struct ids *ids, uint64_t goid)
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

/* Goroutines that wait on its Done channel, and others that hold it or a descendant or wait on the
 * Done channel of a descendant. */
static struct error *find_who(const struct context_forest *forest, ptrdiff_t number,
	struct ids *waiting, struct ids *holding)
{
	struct error *err = NULL;
	ptrdiff_t done_source = forest->items[number].done_source;
	for (size_t i = 0;
		done_source != CONTEXT_NONE && !err && i < forest->items[done_source].waiter_count;
		i++)
		err = add_id(waiting, forest->items[done_source].waiters[i]);
	sort_ids(waiting);
	for (size_t i = 0; !err && i < forest->holder_count; i++) {
		const struct context_holder *holder = &forest->holders[i];
		if (holder->kind == HOLDER_GOROUTINE && !has_id(waiting, holder->goid) &&
			context_is_below(forest, holder->context, number))
			err = add_id(holding, holder->goid);
	}
	for (size_t i = 0; !err && i < forest->count; i++) {
		const struct context *context = &forest->items[i];
		if ((ptrdiff_t)i == done_source || !context->waiter_count ||
			!context_is_below(forest, (ptrdiff_t)i, number))
			continue;
		for (size_t j = 0; !err && j < context->waiter_count; j++) {
			if (!has_id(waiting, context->waiters[j]))
				err = add_id(holding, context->waiters[j]);
		}
	}
	sort_ids(holding);
	return err;
}

static void ids_text(
	struct session *session, const char *one, const char *many, const struct ids *ids, bool all)
{
	output_printf(&session->out, STYLE_STRONG, "%zu goroutine%s%s\n", ids->count,
		ids->count == 1 ? one : many, ids->count ? ":" : "");
	for (size_t i = 0; i < ids->count && (all || i < SHOWN) && !output_failed(&session->out);
		i++) {
		output_printf(&session->out, STYLE_PLAIN, "  ");
		goroutine_line(&session->out, session, ids->items[i]);
	}
	if (!all && ids->count > SHOWN)
		output_printf(
			&session->out, STYLE_DIM, "  … and %zu more (--all)\n", ids->count - SHOWN);
}

static struct error *ids_json(
	struct json *json, struct session *session, const char *key, const struct ids *ids)
{
	struct error *err = NULL;
	json_array(json, key);
	for (size_t i = 0; !err && i < ids->count && !output_failed(&session->out); i++) {
		err = target_check(session->target);
		if (!err)
			err = goroutine_brief_json(json, session, ids->items[i]);
	}
	json_end(json);
	return err;
}

static struct error *who_json(struct session *session, uint64_t address, const struct ids *waiting,
	const struct ids *holding)
{
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_address(json, "ctx", address);
	struct error *err = ids_json(json, session, "waiting", waiting);
	if (!err)
		err = ids_json(json, session, "holding", holding);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static struct error *run_who(struct session *session, const struct arguments *arguments)
{
	const struct context_forest *forest;
	ptrdiff_t number;
	struct ids waiting = {0}, holding = {0};
	struct error *err = load_context_argument(session, arguments, &forest, &number);
	if (!err)
		err = find_who(forest, number, &waiting, &holding);
	if (!err && argument_given(arguments, "json")) {
		err = who_json(session, forest->items[number].address, &waiting, &holding);
	} else if (!err) {
		context_line(session, forest, number);
		bool all = argument_given(arguments, "all");
		ids_text(session, " waits on its Done channel", "s wait on its Done channel",
			&waiting, all);
		ids_text(session, " only holds it or a context derived from it",
			"s only hold it or a context derived from it", &holding, all);
	}
	free(waiting.items);
	free(holding.items);
	return err;
}

static const struct command_option who_options[] = {
	{"all", 'a', NULL, "all goroutines, not only the first 20", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_who_command = {
	.name = "ctx who",
	.group = GROUP_CONTEXTS,
	.usage = "ctx who ADDR [--all] [--json]",
	.summary = "Shows the goroutines that wait on a context, and those that hold it",
	.help = "The list of waiting goroutines is exact: it is read from the queue of the Done "
		"channel. The other goroutines have the context or a descendant of it in a live "
		"variable or argument, or wait on the Done channel of a descendant.",
	.example = "ctx who 0xc0000a8000",
	.options = who_options,
	.min_words = 1,
	.max_words = 1,
	.needs_target = true,
	.complete = complete_context,
	.run = run_who,
};
REGISTER_COMMAND(ctx_who_command);
