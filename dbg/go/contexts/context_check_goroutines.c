/* cancel-ignored and waits-forever: blocked goroutines that hold a context. See context_check.h. */
#include "dbg/go/contexts/context_check_state.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/waits/forever.h"
#include "dbg/go/waits/wait_time.h"
#include "dbg/go/stacks/frame_code.h"

struct held {
	const struct context_holder *holder;
	ptrdiff_t context;
};

struct blocked {
	const struct goroutine *goroutine;
	struct held *held; /* canceled contexts, and ones that never are */
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

/* The wait that ends by itself, whatever the program does: one for data, a sleep, a timer. */
static const struct wait *wait_that_ends(const struct blocked *blocked)
{
	for (size_t i = 0; i < blocked->wait_count; i++) {
		const struct wait *wait = &blocked->waits[i];
		if (wait->kind == WAIT_NETWORK || wait->kind == WAIT_TIMER || wait->until_ns)
			return wait;
	}
	return NULL;
}

/*
 * Whether the goroutine only remembers the context, such as that of its last job: once it is woken,
 * it may overwrite the variable without using it.
 */
static bool is_left_behind(
	const struct check *check, const struct blocked *blocked, const struct held *held)
{
	struct stack stack = {0};
	bool left_behind = false;
	struct error *err = goroutine_stack(check->program, blocked->goroutine, &stack);
	for (size_t i = 0; !err && i < stack.count; i++) {
		const struct frame *frame = &stack.frames[i];
		if (frame->fp == held->holder->frame && !frame->inlined)
			left_behind = frame_slot_uses(check->program, frame, held->holder->address)
					      .overwritten;
	}
	error_destroy(err);
	stack_deinit(&stack);
	return left_behind;
}

static struct error *add_blocked_verdict(struct check *check, const struct blocked *blocked,
	enum verdict_kind kind, const struct held *held, int64_t waited_ns)
{
	struct verdict *verdict = check_add(check, kind, held->context);
	if (!verdict)
		return error_no_memory();
	verdict->seconds_ns = waited_ns > 0 ? waited_ns : 0;
	if (kind == VERDICT_CANCEL_PENDING)
		verdict->wait = *wait_that_ends(blocked);
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
		if ((!found || is_nearer(held, found)) && !is_left_behind(check, blocked, held))
			found = held;
	}
	if (!found || waits_for_others(blocked))
		return NULL;
	bool proven;
	enum verdict_kind kind =
		wait_that_ends(blocked) ? VERDICT_CANCEL_PENDING : VERDICT_CANCEL_IGNORED;
	struct error *err = check_prove(
		check, blocked->goroutine, found->context, found->holder->frame, &proven);
	return !err && proven ? add_blocked_verdict(check, blocked, kind, found, waited_ns) : err;
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

/* Whether there can be a verdict: for a canceled context, or one that is never canceled if it waits
 * forever. To find out what it waits on takes much more time. */
static bool may_concern(const struct check *check, const struct blocked *blocked)
{
	if (goroutine_waits_forever(check->program, blocked->goroutine) != FOREVER_NOT)
		return true;
	for (size_t i = 0; i < blocked->held_count; i++) {
		if (check->forest->items[blocked->held[i].context].state == CONTEXT_CANCELED)
			return true;
	}
	return false;
}

static struct error *check_one(struct check *check, struct blocked *blocked)
{
	bool partial;
	if (!may_concern(check, blocked))
		return NULL;
	/* At least this long; 0: unknown. */
	int64_t waited_ns = goroutine_wait_time(check->program, blocked->goroutine).min_ns;
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

/* Whether it is live by the compiler's stack maps, and can lead to a verdict. */
static bool counts(const struct context_forest *forest, const struct context_holder *holder)
{
	enum context_state state = forest->items[holder->context].state;
	return holder->kind == HOLDER_GOROUTINE && holder->mapped &&
	       (state == CONTEXT_CANCELED || state == CONTEXT_NEVER);
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
	_cleanup_free_ struct held *all = NULL;
	size_t count = 0, capacity = 0;
	for (size_t i = 0; i < forest->holder_count; i++) {
		const struct context_holder *holder = &forest->holders[i];
		if (!counts(forest, holder))
			continue;
		if (!array_reserve(&all, &capacity, count + 1))
			return error_no_memory();
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
