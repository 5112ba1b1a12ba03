/*
 * not-propagated: an ancestor is canceled, a context that should have ended with it is not. See
 * context_check.h.
 */
#include "dbg/go/contexts/context_check_state.h"
#include "dwarf/base/bisect.h"

/* The nearest canceled context above `number` that has an end of its own; CONTEXT_NONE. */
static ptrdiff_t canceled_above(const struct context_forest *forest, ptrdiff_t number)
{
	for (ptrdiff_t at = forest->items[number].parent; at != CONTEXT_NONE;
		at = forest->items[at].parent) {
		const struct context *context = &forest->items[at];
		if (context->kind == CONTEXT_WITHOUT_CANCEL)
			return CONTEXT_NONE;
		if (context->state == CONTEXT_CANCELED)
			return context->done_source == CONTEXT_NONE ? at : context->done_source;
	}
	return CONTEXT_NONE;
}

/* Everybody who waits for the context or for one below it, but relays. */
static struct error *add_waiters(
	const struct check *check, ptrdiff_t number, struct verdict *verdict)
{
	const struct context_forest *forest = check->forest;
	struct error *err = NULL;
	ptrdiff_t at = number;
	while (!err) {
		const struct context *context = &forest->items[at];
		for (size_t i = 0; !err && i < context->waiter_count; i++) {
			if (!check_is_relay(check, context->waiters[i]))
				err = verdict_add_goroutine(verdict, context->waiters[i]);
		}
		if (context->first_embedded != CONTEXT_NONE) {
			at = context->first_embedded;
			continue;
		}
		while (at != number && forest->items[at].next_embedded == CONTEXT_NONE)
			at = forest->items[at].parent;
		if (at == number)
			break;
		at = forest->items[at].next_embedded;
	}
	return err;
}

/* ---- Relays: goroutines that propagateCancel starts for foreign contexts ---- */

/*
 * The relay of `number`: one that holds it or waits on its channel. Blocked on both its channels it
 * is in order; `*ret_stuck` when it is blocked on something else.
 */
static uint64_t relay_of(const struct check *check, ptrdiff_t number, bool *ret_stuck)
{
	const struct context *context = &check->forest->items[number];
	*ret_stuck = false;
	for (size_t i = 0; i < context->waiter_count; i++) {
		if (check_is_relay(check, context->waiters[i]))
			return context->waiters[i];
	}
	size_t count;
	const struct context_holder *holders = context_holders(check->forest, number, &count);
	for (size_t i = 0; i < count; i++) {
		if (holders[i].kind == HOLDER_GOROUTINE && check_is_relay(check, holders[i].goid)) {
			*ret_stuck = !check_may_run(check, holders[i].goid);
			return holders[i].goid;
		}
	}
	return 0;
}

static bool is_registered(const struct context_forest *forest, ptrdiff_t child, ptrdiff_t parent)
{
	const struct context *context = &forest->items[parent];
	size_t at = bisect(i, context->child_count, context->children[i] >= child);
	return at < context->child_count && context->children[at] == child;
}

/* ---- The two ways a link breaks ---- */

/* Something that holds it may be just about to end it. */
static bool in_transit(const struct check *check, ptrdiff_t number)
{
	size_t count;
	const struct context_holder *holders = context_holders(check->forest, number, &count);
	for (size_t i = 0; i < count; i++) {
		if (holders[i].kind == HOLDER_GOROUTINE &&
			(check_may_run(check, holders[i].goid) ||
				check_is_in_package_context(check, &holders[i])))
			return true;
	}
	return false;
}

/* Whether a goroutine other than a relay has it in its hands. */
static bool is_held(const struct check *check, ptrdiff_t number)
{
	size_t count;
	const struct context_holder *holders = context_holders(check->forest, number, &count);
	for (size_t i = 0; i < count; i++) {
		if (holders[i].kind == HOLDER_GOROUTINE && !check_is_relay(check, holders[i].goid))
			return true;
	}
	return false;
}

/* Nobody misses the context: no finding. */
static void drop_last(struct check *check)
{
	free(check->verdicts->items[--check->verdicts->count].goids);
}

/* A cancelCtx that is active although its parent is canceled. */
static struct error *check_child(struct check *check, ptrdiff_t number)
{
	const struct context_forest *forest = check->forest;
	const struct context *context = &forest->items[number];
	if (context->parent == CONTEXT_NONE ||
		forest->items[context->parent].state != CONTEXT_CANCELED || context->locked)
		return NULL;
	ptrdiff_t above = canceled_above(forest, number);
	/* While an ancestor's mutex is held its children are just being canceled. */
	if (above == CONTEXT_NONE || forest->items[above].locked || in_transit(check, number))
		return NULL;
	bool stuck;
	uint64_t relay = relay_of(check, number, &stuck);
	if (relay && !stuck && check_may_run(check, relay))
		return NULL;
	struct verdict *verdict = check_add(check, VERDICT_NOT_PROPAGATED, number);
	if (!verdict)
		return error_no_memory();
	verdict->other = above;
	verdict->relay = stuck ? relay : 0;
	if (stuck)
		verdict->link = LINK_RELAY_STUCK;
	else if (is_registered(forest, number, above))
		verdict->link = LINK_UNKNOWN;
	else
		verdict->link = forest->items[context->parent].kind == CONTEXT_FOREIGN && !relay
					? LINK_NO_RELAY
					: LINK_NOT_REGISTERED;
	/* A parent whose governor changed after the child was made: nobody was told. */
	if (verdict->link == LINK_NO_RELAY &&
		forest->items[forest->items[context->parent].done_source].kind != CONTEXT_FOREIGN)
		verdict->link = LINK_NOT_REGISTERED;
	struct error *err = add_waiters(check, number, verdict);
	if (!err && stuck)
		err = verdict_add_goroutine(verdict, relay);
	if (!err && !verdict->goid_count && !is_held(check, number))
		drop_last(check);
	return err;
}

/*
 * A type with a Done of its own between a canceled context and others: its channel is still open.
 * One that can never end (a nil channel) is a border that somebody drew on purpose.
 */
static struct error *check_foreign(struct check *check, ptrdiff_t number)
{
	const struct context_forest *forest = check->forest;
	const struct context *context = &forest->items[number];
	if (context->parent == CONTEXT_NONE || !context->done ||
		forest->items[context->parent].state != CONTEXT_CANCELED)
		return NULL;
	ptrdiff_t above = canceled_above(forest, number);
	if (above == CONTEXT_NONE || forest->items[above].locked || in_transit(check, number))
		return NULL;
	struct verdict *verdict = check_add(check, VERDICT_NOT_PROPAGATED, number);
	if (!verdict)
		return error_no_memory();
	verdict->other = above;
	verdict->link = LINK_HIDDEN;
	struct error *err = add_waiters(check, number, verdict);
	if (!err && !verdict->goid_count)
		drop_last(check);
	return err;
}

static int by_order(const void *a, const void *b, void *context)
{
	const struct context_forest *forest = context;
	size_t x = forest->items[((const struct verdict *)a)->context].order;
	size_t y = forest->items[((const struct verdict *)b)->context].order;
	return (x > y) - (x < y);
}

/* What is below another finding is the same finding. Of the verdicts from `first` on. */
static void merge_nested(struct check *check, size_t first)
{
	struct verdicts *verdicts = check->verdicts;
	size_t kept = first;
	if (verdicts->count > first)
		qsort_r(verdicts->items + first, verdicts->count - first, sizeof(*verdicts->items),
			by_order, (void *)(uintptr_t)check->forest);
	for (size_t i = first; i < verdicts->count; i++) {
		struct verdict *verdict = &verdicts->items[i];
		/* Depth first, the last one kept is the only one that can be above. */
		if (kept > first && context_is_below(check->forest, verdict->context,
					    verdicts->items[kept - 1].context))
			free(verdict->goids);
		else
			verdicts->items[kept++] = *verdict;
	}
	verdicts->count = kept;
}

struct error *check_propagation(struct check *check)
{
	const struct context_forest *forest = check->forest;
	struct error *err = NULL;
	size_t first = check->verdicts->count;
	for (size_t i = 0; !err && i < forest->count; i++) {
		const struct context *context = &forest->items[i];
		if (context->garbage || context->partial || context->state != CONTEXT_ACTIVE ||
			context->done_source != (ptrdiff_t)i)
			continue;
		err = context->own_channel ? check_foreign(check, (ptrdiff_t)i)
					   : check_child(check, (ptrdiff_t)i);
	}
	merge_nested(check, first);
	return err;
}
