/* Runs all checks, and those that concern a single context: see context_check.h. */
#include "dbg/go/contexts/context_check_state.h"

#include "dbg/go/goroutines/crash.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

struct verdict *check_add(struct check *check, enum verdict_kind kind, ptrdiff_t context)
{
	struct verdicts *verdicts = check->verdicts;
	if (!array_reserve(&verdicts->items, &verdicts->capacity, verdicts->count + 1))
		return NULL;
	struct verdict *verdict = &verdicts->items[verdicts->count++];
	*verdict = (struct verdict){.kind = kind, .context = context, .other = CONTEXT_NONE};
	return verdict;
}

struct error *verdict_add_goroutine(struct verdict *verdict, uint64_t goid)
{
	if (!array_reserve(&verdict->goids, &verdict->goid_capacity, verdict->goid_count + 1))
		return error_no_memory();
	verdict->goids[verdict->goid_count++] = goid;
	return NULL;
}

bool check_is_relay(const struct check *check, uint64_t goid)
{
	size_t at = bisect(i, check->relay_count, check->relays[i] >= goid);
	return at < check->relay_count && check->relays[at] == goid;
}

bool check_may_run(const struct check *check, uint64_t goid)
{
	const struct goroutine *goroutine;
	struct error *err = program_goroutine(check->program, goid, &goroutine);
	error_destroy(err);
	return !err && !goroutine_is_waiting(check->program, goroutine);
}

bool check_is_in_package_context(const struct check *check, const struct context_holder *holder)
{
	if (holder->kind != HOLDER_GOROUTINE)
		return false;
	const char *function = program_function_name(check->program, holder->function);
	return function && strncmp(function, "context.", strlen("context.")) == 0 &&
	       !check_is_relay(check, holder->goid);
}

/* Finds context.(*cancelCtx).propagateCancel.func2 and similar; context.propagateCancel.func1 in
 * 1.19. */
static struct error *find_relays(struct check *check)
{
	for (size_t i = 0; i < check->goroutines->count; i++) {
		const struct goroutine *goroutine = &check->goroutines->items[i];
		const char *entry = program_function_name(check->program, goroutine->start_pc);
		if (!entry || strncmp(entry, "context.", 8) != 0 ||
			!strstr(entry, "propagateCancel"))
			continue;
		if (!array_reserve(&check->relays, &check->relay_capacity, check->relay_count + 1))
			return error_no_memory();
		check->relays[check->relay_count++] = goroutine->goid;
	}
	check->relay_count = goids_sort_unique(check->relays, check->relay_count);
	return NULL;
}

/* ---- Deadlines and wake-ups ---- */

/*
 * A context with a deadline in the past is active for a moment while it is being created. So any
 * goroutine inside package context with it must have been blocked there for the grace period.
 */
static struct error *is_settled(struct check *check, ptrdiff_t number, bool *ret)
{
	size_t count;
	const struct context_holder *holders = context_holders(check->forest, number, &count);
	struct error *err = NULL;
	*ret = true;
	for (size_t i = 0; !err && *ret && i < count; i++) {
		const struct goroutine *goroutine;
		if (!check_is_in_package_context(check, &holders[i]))
			continue;
		err = program_goroutine(check->program, holders[i].goid, &goroutine);
		if (!err && !goroutine_is_waiting(check->program, goroutine))
			*ret = false;
		else if (!err)
			err = check_prove(check, goroutine, number, holders[i].frame, ret);
	}
	return err;
}

static struct error *check_context(struct check *check, ptrdiff_t number)
{
	const struct context *context = &check->forest->items[number];
	struct error *err = NULL;
	struct verdict *verdict;
	bool passed = context->kind == CONTEXT_TIMER && context->state == CONTEXT_ACTIVE &&
		      !context->locked && context->has_remaining &&
		      context->remaining_ns < -check->options->grace_ns;
	if (passed && program_was_crashing(check->program)) {
		check->verdicts->undecided_deadlines++;
		passed = false;
	}
	if (passed)
		err = is_settled(check, number, &passed);
	if (!err && passed)
		err = check_seen_before(check, number, &passed);
	if (!err && passed) {
		verdict = check_add(check, VERDICT_DEADLINE_PASSED, number);
		if (!verdict)
			return error_no_memory();
		verdict->seconds_ns = -context->remaining_ns;
		for (size_t i = 0; !err && i < context->waiter_count; i++)
			err = verdict_add_goroutine(verdict, context->waiters[i]);
	}
	if (!err && context->done && context->done_closed && !context->done_locked &&
		context->waiter_count) {
		verdict = check_add(check, VERDICT_LOST_WAKEUP, number);
		if (!verdict)
			return error_no_memory();
		for (size_t i = 0; !err && i < context->waiter_count; i++)
			err = verdict_add_goroutine(verdict, context->waiters[i]);
	}
	return err;
}

static int by_gravity(const void *a, const void *b)
{
	const struct verdict *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	uint64_t i = x->goid_count ? x->goids[0] : 0, j = y->goid_count ? y->goids[0] : 0;
	return (i > j) - (i < j);
}

struct error *contexts_check(struct program *program, const struct context_forest *forest,
	const struct check_options *options, struct verdicts *ret)
{
	*ret = (struct verdicts){0};
	struct check check = {
		.program = program, .forest = forest, .options = options, .verdicts = ret};
	struct error *err = program_goroutines(program, &check.goroutines);
	if (!err)
		err = find_relays(&check);
	for (size_t i = 0; !err && i < forest->count; i++) {
		if (!forest->items[i].garbage && !forest->items[i].partial)
			err = check_context(&check, (ptrdiff_t)i);
	}
	if (!err)
		err = check_propagation(&check);
	if (!err)
		err = check_goroutines(&check);
	if (!err)
		err = check_piles(&check);
	free(check.relays);
	check_sort_suspects(ret);
	if (err) {
		verdicts_deinit(ret);
		return err;
	}
	for (size_t i = 0; i < ret->count; i++) {
		ret->items[i].goid_count =
			goids_sort_unique(ret->items[i].goids, ret->items[i].goid_count);
		ret->mild_count += verdict_is_mild(ret->items[i].kind);
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_gravity);
	return NULL;
}

void verdicts_deinit(struct verdicts *verdicts)
{
	for (size_t i = 0; i < verdicts->count; i++)
		free(verdicts->items[i].goids);
	free(verdicts->items);
	free(verdicts->suspects);
	*verdicts = (struct verdicts){0};
}

const char *verdict_name(enum verdict_kind kind)
{
	static const char *const names[] = {[VERDICT_NOT_PROPAGATED] = "not-propagated",
		[VERDICT_CANCEL_IGNORED] = "cancel-ignored",
		[VERDICT_DEADLINE_PASSED] = "deadline-passed",
		[VERDICT_WAITS_FOREVER] = "waits-forever",
		[VERDICT_PILE_UP] = "pile-up",
		[VERDICT_LOST_WAKEUP] = "lost-wakeup",
		[VERDICT_CANCEL_PENDING] = "cancel-pending",
		[VERDICT_ENDS_LATER] = "ends-later"};
	return names[kind];
}
