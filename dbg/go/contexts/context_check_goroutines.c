/* cancel-ignored and waits-forever: blocked goroutines that hold a context. See context_check.h. */
#include "dbg/go/contexts/context_check_state.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/goroutines/wait.h"

struct held {
	const struct context_holder *holder;
	ptrdiff_t context;
};

struct blocked {
	const struct goroutine *goroutine;
	struct held *held; /* live by the compiler's stack maps */
	size_t held_count, held_capacity;
	struct wait *waits;
	size_t wait_count;
};

/* Whether one of the contexts is the other or an ancestor of it. */
static bool related(const struct context_forest *forest, ptrdiff_t a, ptrdiff_t b)
{
	return context_is_below(forest, a, b) || context_is_below(forest, b, a);
}

/* Whether it waits on the channel of `context`, or of an ancestor or descendant. */
static bool waits_for_relative(
	const struct check *check, const struct blocked *blocked, ptrdiff_t context)
{
	const struct context_forest *forest = check->forest;
	for (size_t i = 0; i < blocked->wait_count; i++) {
		const struct wait *wait = &blocked->waits[i];
		if (wait->kind != WAIT_CHANNEL || !wait->address)
			continue;
		size_t count;
		const struct context_channel *channels =
			context_of_channel(forest, wait->address, &count);
		for (size_t j = 0; j < count; j++) {
			if (related(forest, context, channels[j].context))
				return true;
		}
	}
	return false;
}

/* Whether it waits for a WaitGroup: then the goroutines of the group are at fault, not this one. */
static bool waits_for_others(const struct blocked *blocked)
{
	return blocked->wait_count == 1 && blocked->waits[0].kind == WAIT_GROUP;
}

static struct error *add_blocked_verdict(struct check *check, const struct blocked *blocked,
	enum verdict_kind kind, const struct held *held, int64_t waited_ns)
{
	struct verdict *verdict = check_add(check, kind, held->context);
	if (!verdict)
		return error_no_memory();
	verdict->seconds_ns = waited_ns > 0 ? waited_ns : 0;
	struct stack stack = {0};
	struct error *err = goroutine_stack(check->program, blocked->goroutine, &stack);
	for (size_t i = 0; !err && i < stack.count; i++) {
		if (stack.frames[i].fp == held->holder->frame && !stack.frames[i].inlined)
			verdict->frame = stack.frames[i];
	}
	stack_deinit(&stack);
	return err ? err : verdict_add_goroutine(verdict, blocked->goroutine->goid);
}

/* Whether frame `a` is nearer than `b` to where the goroutine is blocked, so that it says more. */
static bool is_nearer(const struct held *a, const struct held *b)
{
	return a->holder->frame < b->holder->frame;
}

static struct error *check_ignored(
	struct check *check, const struct blocked *blocked, int64_t waited_ns)
{
	const struct context_forest *forest = check->forest;
	const struct held *found = NULL;
	for (size_t i = 0; i < blocked->held_count; i++) {
		const struct held *held = &blocked->held[i];
		if (forest->items[held->context].state != CONTEXT_CANCELED)
			continue;
		if (waits_for_relative(check, blocked, held->context))
			return NULL;
		if (!found || is_nearer(held, found))
			found = held;
	}
	if (!found || waits_for_others(blocked))
		return NULL;
	bool proven;
	struct error *err = check_prove(
		check, blocked->goroutine, found->context, found->holder->frame, &proven);
	return !err && proven ? add_blocked_verdict(
					check, blocked, VERDICT_CANCEL_IGNORED, found, waited_ns)
			      : err;
}

static struct error *check_forever(
	struct check *check, const struct blocked *blocked, int64_t waited_ns)
{
	const struct held *found = NULL;
	if (blocked->wait_count != 1 || blocked->waits[0].kind != WAIT_CHANNEL ||
		blocked->waits[0].address || !blocked->waits[0].op ||
		strcmp(blocked->waits[0].op, "recv") != 0)
		return NULL; /* not a receive from a nil channel */
	for (size_t i = 0; i < blocked->held_count; i++) {
		const struct held *held = &blocked->held[i];
		if (check->forest->items[held->context].state == CONTEXT_NEVER &&
			(!found || is_nearer(held, found)))
			found = held;
	}
	return found ? add_blocked_verdict(check, blocked, VERDICT_WAITS_FOREVER, found, waited_ns)
		     : NULL;
}

static struct error *check_one(struct check *check, struct blocked *blocked)
{
	bool partial;
	int64_t waited_ns = goroutine_wait_ns(check->program, blocked->goroutine);
	struct error *err = goroutine_waits(check->program, blocked->goroutine, &blocked->waits,
		&blocked->wait_count, &partial);
	if (!err && !partial)
		err = check_forever(check, blocked, waited_ns);
	if (!err && !partial)
		err = check_ignored(check, blocked, waited_ns);
	free(blocked->waits);
	blocked->waits = NULL;
	return err;
}

static int by_goid(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	if (x->holder->goid != y->holder->goid)
		return x->holder->goid < y->holder->goid ? -1 : 1;
	return (x->holder > y->holder) - (x->holder < y->holder);
}

struct error *check_goroutines(struct check *check)
{
	const struct context_forest *forest = check->forest;
	_cleanup_free_ struct held *all = calloc(forest->holder_count + 1, sizeof(*all));
	size_t count = 0;
	if (!all)
		return error_no_memory();
	for (size_t i = 0; i < forest->holder_count; i++) {
		const struct context_holder *holder = &forest->holders[i];
		if (holder->kind == HOLDER_GOROUTINE && holder->mapped)
			all[count++] = (struct held){holder, holder->context};
	}
	if (count)
		qsort(all, count, sizeof(*all), by_goid);
	struct error *err = NULL;
	for (size_t i = 0, end; !err && i < count; i = end) {
		uint64_t goid = all[i].holder->goid;
		for (end = i + 1; end < count && all[end].holder->goid == goid;)
			end++;
		struct blocked blocked = {.held = &all[i], .held_count = end - i};
		err = program_goroutine(check->program, goid, &blocked.goroutine);
		if (!err && goroutine_is_waiting(check->program, blocked.goroutine) &&
			!check_is_relay(check, goid))
			err = check_one(check, &blocked);
	}
	return err;
}
