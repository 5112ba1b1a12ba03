/* Proves that a goroutine has been blocked for the grace period. See context_check.h. */
#include "dbg/go/contexts/context_check_state.h"
#include "dbg/go/waits/wait_time.h"
#include "dwarf/base/bisect.h"

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
	*ret = goroutine_wait_time(check->program, goroutine).min_ns >= check->options->grace_ns ||
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
