/* Collecting what is to be shown of goroutines: see goroutine_view.h. */
#include "commands/goroutine_view.h"

enum {
	STACK_BATCH = 2048, /* goroutines whose stacks are fetched together */
	STACK_GUESS = 4096, /* bytes of a stack that are mostly enough */
};

struct error *goroutine_view_load(struct goroutine_view *view, unsigned parts)
{
	unsigned missing = (parts & VIEW_CONTEXTS ? parts | VIEW_WAITS : parts) & ~view->loaded;
	struct error *err = NULL;
	if (missing & VIEW_STACK)
		err = goroutine_stack(view->program, view->goroutine, &view->stack);
	if (!err && (missing & VIEW_WAITS))
		err = goroutine_waits(view->program, view->goroutine, &view->waits,
			&view->wait_count, &view->waits_partial);
	if (!err && (missing & VIEW_CONTEXTS)) {
		err = program_contexts(view->program, 0, &view->forest);
		if (err && err->code == ERROR_NOT_FOUND) {
			error_destroy(err);
			err = NULL;
			view->forest = NULL;
		}
	}
	if (!err && (missing & VIEW_LABELS))
		err = goroutine_labels(view->program, view->goroutine, &view->labels,
			&view->label_count, &view->labels_partial);
	if (!err)
		view->loaded |= missing;
	return err;
}

const struct context *goroutine_view_context(const struct goroutine_view *view, size_t index)
{
	const struct wait *wait = &view->waits[index];
	size_t count;
	if (!view->forest || wait->kind != WAIT_CHANNEL || !wait->address)
		return NULL;
	const struct context_channel *channel =
		context_of_channel(view->forest, wait->address, &count);
	return count ? &view->forest->items[channel->context] : NULL;
}

const struct context *goroutine_view_first_context(const struct goroutine_view *view)
{
	const struct context *context = NULL;
	for (size_t i = 0; i < view->wait_count && !context; i++)
		context = goroutine_view_context(view, i);
	return context;
}

void goroutine_view_deinit(struct goroutine_view *view)
{
	stack_deinit(&view->stack);
	free(view->waits);
	labels_free(view->labels, view->label_count);
	*view = (struct goroutine_view){0};
}

void goroutine_views_deinit(struct goroutine_views *views)
{
	for (size_t i = 0; i < views->count; i++)
		goroutine_view_deinit(&views->items[i]);
	free(views->items);
	*views = (struct goroutine_views){0};
}

/* Fetches the innermost part of many stacks with few large reads. */
static struct error *prefetch_stacks(
	struct target *target, const struct goroutine *goroutines, size_t count)
{
	struct range ranges[STACK_BATCH];
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *goroutine = &goroutines[i];
		uint64_t sp = goroutine->syscall_sp ? goroutine->syscall_sp : goroutine->sched_sp;
		if (sp < goroutine->stack_low || sp >= goroutine->stack_high)
			continue;
		uint64_t size = goroutine->stack_high - sp;
		ranges[used++] = (struct range){sp, size < STACK_GUESS ? size : STACK_GUESS};
	}
	return target_prefetch(target, ranges, used);
}

/* Appends `goroutine` if it matches. */
static struct error *add_if_matching(struct shell *shell, const struct view_query *query,
	const struct expr *expr, const struct goroutine *goroutine, struct goroutine_views *views)
{
	struct goroutine_view view = {.program = shell->program, .goroutine = goroutine};
	bool matches = true;
	struct error *err = NULL;
	if (expr) {
		const struct expr_input input = {goroutine_expr_value, &view};
		err = expr_run(expr, &input, &matches);
	}
	if (!err && matches && goroutine->system && !query->with_system) {
		views->hidden_system++;
		matches = false;
	}
	views->matching += !err && matches;
	if (query->limit && views->count >= query->limit)
		matches = false; /* counted only */
	if (!err && matches)
		err = goroutine_view_load(&view, query->parts);
	if (!err && matches && !array_reserve(&views->items, &views->capacity, views->count + 1))
		err = error_no_memory();
	if (err || !matches) {
		goroutine_view_deinit(&view);
		return err;
	}
	views->items[views->count++] = view;
	return NULL;
}

static struct error *load_all(struct shell *shell, const struct view_query *query,
	const struct expr *expr, struct goroutine_views *views)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(shell->program, &list);
	if (err)
		return err;
	views->unreadable = list->unreadable;
	for (size_t i = 0; !err && i < list->count; i++) {
		if (i % STACK_BATCH == 0) {
			size_t batch =
				list->count - i < STACK_BATCH ? list->count - i : STACK_BATCH;
			shell_progress(shell, "goroutines", i, list->count);
			err = target_check(shell->target);
			bool full = query->limit && views->count >= query->limit && !expr;
			if (!err && (query->parts || expr) && !full)
				err = prefetch_stacks(shell->target, &list->items[i], batch);
		}
		if (!err)
			err = add_if_matching(shell, query, expr, &list->items[i], views);
	}
	shell_progress(shell, "goroutines", list->count, list->count);
	return err;
}

struct error *goroutine_views_load(
	struct shell *shell, const struct view_query *query, struct goroutine_views *ret)
{
	*ret = (struct goroutine_views){0};
	struct expr *expr = NULL;
	struct error *err =
		query->where ? expr_compile(query->where, goroutine_expr_schema(), &expr) : NULL;
	if (!err)
		err = load_all(shell, query, expr, ret);
	expr_destroy(expr);
	if (err)
		goroutine_views_deinit(ret);
	return err;
}
