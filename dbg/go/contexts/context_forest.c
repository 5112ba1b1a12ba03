/* Queries on a complete forest: see context.h. */
#include "dbg/go/contexts/context.h"

#include "dwarf/base/bisect.h"

ptrdiff_t context_at(const struct context_forest *forest, uint64_t address)
{
	size_t at = bisect(i, forest->count, forest->addresses[i] >= address);
	bool found = at < forest->count && forest->addresses[at] == address;
	return found ? (ptrdiff_t)at : CONTEXT_NONE;
}

const struct context_channel *context_of_channel(
	const struct context_forest *forest, uint64_t channel, size_t *ret_count)
{
	const struct context_channel *channels = forest->channels;
	size_t count = forest->channel_count;
	size_t first = bisect(i, count, channels[i].channel >= channel);
	*ret_count = bisect(i, count, channels[i].channel > channel) - first;
	return channels + first;
}

const struct context_holder *context_holders(
	const struct context_forest *forest, ptrdiff_t context, size_t *ret_count)
{
	const struct context_holder *holders = forest->holders;
	size_t count = forest->holder_count;
	size_t first = bisect(i, count, holders[i].context >= context);
	*ret_count = bisect(i, count, holders[i].context > context) - first;
	return holders + first;
}

const struct context *context_error_source(const struct context_forest *forest, ptrdiff_t number)
{
	const struct context *context = &forest->items[number];
	return context->done_source == CONTEXT_NONE ? context
						    : &forest->items[context->done_source];
}

bool context_is_below(const struct context_forest *forest, ptrdiff_t number, ptrdiff_t ancestor)
{
	const struct context *below = &forest->items[number], *above = &forest->items[ancestor];
	return below->order >= above->order && below->order - above->order <= above->descendants;
}

static int by_goid(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

size_t goids_sort_unique(uint64_t *goids, size_t count)
{
	size_t kept = 0;
	if (count)
		qsort(goids, count, sizeof(*goids), by_goid);
	for (size_t i = 0; i < count; i++) {
		if (!kept || goids[i] != goids[kept - 1])
			goids[kept++] = goids[i];
	}
	return kept;
}

const char *context_state_name(enum context_state state)
{
	static const char *const names[] = {[CONTEXT_ACTIVE] = "active",
		[CONTEXT_CANCELED] = "canceled",
		[CONTEXT_NEVER] = "never",
		[CONTEXT_UNKNOWN] = "unknown"};
	return names[state];
}
