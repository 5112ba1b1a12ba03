/*
 * not-propagated: an ancestor is canceled, but a context that should have been canceled with it is
 * not. See context_check.h.
 */
#include "dbg/go/contexts/context_check_state.h"
#include "dwarf/base/bisect.h"

/* The done source of the nearest canceled ancestor of `number`; CONTEXT_NONE if there is none. */
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

/* Adds the goroutines, except relays, that wait for the context or for a descendant. */
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

/* ---- Relays: the goroutines that propagateCancel starts for foreign contexts ---- */

/*
 * The relay of `number`: the one that waits on its channel or holds it; 0 if there is none. A relay
 * normally waits on two channels, of parent and child; `*ret_stuck` if it is blocked elsewhere.
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

/* ---- The two kinds of broken link ---- */

/* Whether a goroutine that holds the context may be about to cancel it. */
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

/* Whether a goroutine other than a relay holds it. */
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

/* Drops the verdict just added: no goroutine depends on the context. */
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
	/* While an ancestor's mutex is held, its children may be in the process of cancellation. */
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
	/*
	 * The parent's done source changed after the child was created, and the child was not
	 * registered with the new one.
	 */
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
 * A foreign context with its own Done channel, still open, below a canceled context. A nil channel
 * does not count: such a type stops cancellation on purpose.
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
	if (err || !verdict->goid_count)
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

/* Of the verdicts from `first` on, drops those whose context is below another's. */
static void merge_nested(struct check *check, size_t first)
{
	struct verdicts *verdicts = check->verdicts;
	size_t kept = first;
	if (verdicts->count > first)
		qsort_r(verdicts->items + first, verdicts->count - first, sizeof(*verdicts->items),
			by_order, (void *)(uintptr_t)check->forest);
	for (size_t i = first; i < verdicts->count; i++) {
		struct verdict *verdict = &verdicts->items[i];
		/* In depth-first order only the last verdict kept can be an ancestor's. */
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
	return err ? err : check_find_closers(check, first);
}
