/* Proves that a goroutine has been blocked for the grace period. See context_check.h. */
#include "dbg/go/contexts/context_check_state.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum { GC_TOLERANCE_NS = 200 * 1000 * 1000 };

/*
 * A lower bound of how long the goroutine has been blocked. g.waitsince is not one: the collector
 * sets it during marking, to the end of the previous cycle (runtime/mgcmark.go markroot,
 * work.tstart). But the goroutine has not run since the collector set it, or it would be 0 again.
 * It was set before the end of the last cycle, unless a cycle in progress has only just set it.
 */
static int64_t blocked_for(struct program *program, const struct goroutine *goroutine)
{
	uint64_t last_gc = 0;
	int64_t now = program_now_ns(program);
	if (program->globals.memstats.address)
		error_destroy(program_read_field(program, program->globals.memstats.address,
			program->layout.mstats.last_gc, &last_gc));
	if (!goroutine->wait_since || !last_gc || (int64_t)last_gc > now ||
		(int64_t)last_gc - goroutine->wait_since < GC_TOLERANCE_NS)
		return 0;
	return now - (int64_t)last_gc;
}

static int by_suspect(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;
	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	return (x->frame > y->frame) - (x->frame < y->frame);
}

void check_sort_suspects(struct verdicts *verdicts)
{
	if (verdicts->suspect_count)
		qsort(verdicts->suspects, verdicts->suspect_count, sizeof(*verdicts->suspects),
			by_suspect);
}

static bool was_suspect(const struct check *check, const struct suspect *suspect)
{
	const struct check_options *options = check->options;
	size_t at = bisect(i, options->before_count, by_suspect(&options->before[i], suspect) >= 0);
	return at < options->before_count && !by_suspect(&options->before[at], suspect);
}

static struct error *add_suspect(struct check *check, struct suspect suspect)
{
	struct verdicts *verdicts = check->verdicts;
	if (!array_reserve(
		    &verdicts->suspects, &verdicts->suspect_capacity, verdicts->suspect_count + 1))
		return error_no_memory();
	verdicts->suspects[verdicts->suspect_count++] = suspect;
	return NULL;
}

struct error *check_prove(struct check *check, const struct goroutine *goroutine, ptrdiff_t context,
	uint64_t frame, bool *ret)
{
	const struct suspect suspect = {
		goroutine->goid, check->forest->items[context].address, frame};
	*ret = blocked_for(check->program, goroutine) >= check->options->grace_ns ||
	       was_suspect(check, &suspect);
	if (*ret)
		return NULL;
	return add_suspect(check, suspect);
}

struct error *check_seen_before(struct check *check, ptrdiff_t context, bool *ret)
{
	const struct suspect suspect = {.context = check->forest->items[context].address};
	*ret = check->options->before ? was_suspect(check, &suspect) : !check->options->first;
	return *ret ? NULL : add_suspect(check, suspect);
}
