/* Finding the goroutines that match, and walking over them: see goroutine_matches.h. */
#include "commands/goroutines/goroutine_matches.h"

#include "commands/session/message.h"

enum {
	FIRST_BATCH = 64,	 /* goroutines; small, so that `… | head` does not wait */
	BATCH = STACKS_PREFETCH, /* goroutines whose memory is read together */
};

/* Reads the memory that `parts` of these goroutines need. For some wait reasons, finding what a
 * goroutine waits on reads its stack too. */
static struct error *prefetch(struct session *session, const struct goroutine *const *goroutines,
	size_t count, unsigned parts)
{
	bool waits = parts & (VIEW_WAITS | VIEW_CONTEXTS);
	return waits || (parts & VIEW_STACK)
		       ? goroutine_stacks_prefetch(session->program, goroutines, count, waits)
		       : target_check(session->target);
}

/* ---- Finding ---- */

static struct error *add_if_matching(struct goroutine_matches *matches,
	const struct view_query *query, const struct expr *expr, struct goroutine_view *view,
	size_t number)
{
	enum expr_outcome outcome = EXPR_HOLDS;
	if (expr) {
		const struct expr_input input = {goroutine_expr_value, view};
		struct error *err = expr_decide(expr, &input, &outcome);
		if (err)
			return err;
	}
	bool is_match = outcome == EXPR_HOLDS;
	matches->undecided +=
		outcome == EXPR_UNKNOWN && (!view->goroutine->system || query->with_system);
	if (is_match && view->goroutine->system && !query->with_system) {
		matches->hidden_system++;
		return NULL;
	}
	matches->matching += is_match;
	if (!is_match || (query->limit && matches->count >= query->limit))
		return NULL;
	if (!array_reserve(&matches->numbers, &matches->capacity, matches->count + 1))
		return error_no_memory();
	matches->numbers[matches->count++] = (uint32_t)number;
	return NULL;
}

static struct error *goroutine_matches_find(struct session *session, const struct view_query *query,
	const struct expr *expr, struct goroutine_matches *matches)
{
	struct error *err = program_goroutines(session->program, &matches->list);
	if (err)
		return err;
	const struct goroutine *items = matches->list->items;
	size_t total = matches->list->count;
	unsigned parts = expr ? goroutine_expr_parts(expr) : 0;
	struct goroutine_view view = {.program = session->program};
	for (size_t i = 0; !err && i < total; i++) {
		if (i % BATCH == 0) {
			const struct goroutine *batch[BATCH];
			size_t count = total - i < BATCH ? total - i : BATCH;
			for (size_t j = 0; j < count; j++)
				batch[j] = &items[i + j];
			session_progress(session, "goroutines", i, total);
			err = prefetch(session, batch, count, parts);
		}
		goroutine_view_move(&view, &items[i]);
		if (!err)
			err = add_if_matching(matches, query, expr, &view, i);
	}
	session_progress(session, "goroutines", total, total);
	goroutine_view_deinit(&view);
	return err;
}

struct error *goroutine_matches_load(
	struct session *session, const struct view_query *query, struct goroutine_matches *ret)
{
	*ret = (struct goroutine_matches){0};
	struct expr *expr = NULL;
	struct error *err =
		query->where ? goroutine_expr_compile(session->program, query->where, &expr) : NULL;
	if (!err)
		err = goroutine_matches_find(session, query, expr, ret);
	expr_destroy(expr);
	if (err)
		goroutine_matches_deinit(ret);
	return err;
}

void goroutine_matches_deinit(struct goroutine_matches *matches)
{
	free(matches->numbers);
	*matches = (struct goroutine_matches){0};
}

/* ---- Walking ---- */

struct error *goroutine_matches_visit(struct session *session,
	const struct goroutine_matches *matches, unsigned parts, bool prints,
	goroutine_visitor *visit, void *context)
{
	bool progress = !prints || output_is_file(&session->out);
	const struct goroutine *batch[BATCH];
	struct goroutine_view view = {.program = session->program};
	struct error *err = NULL;
	bool more = true;
	for (size_t i = 0, count; !err && more && i < matches->count; i += count) {
		size_t left = matches->count - i, size = i ? BATCH : FIRST_BATCH;
		count = left < size ? left : size;
		for (size_t j = 0; j < count; j++)
			batch[j] = goroutine_match(matches, i + j);
		if (progress)
			session_progress(session, "goroutines", i, matches->count);
		err = prefetch(session, batch, count, parts);
		for (size_t j = 0; !err && more && j < count; j++) {
			goroutine_view_move(&view, batch[j]);
			err = goroutine_view_load(&view, parts);
			if (!err)
				more = visit(context, &view);
		}
	}
	session_progress(session, "goroutines", matches->count, matches->count);
	goroutine_view_deinit(&view);
	return err;
}
