/* Searches in a forest and other queries: see context.h and context_state.h. */
#include "dbg/go/contexts/context_state.h"

#include "dwarf/base/bisect.h"

void context_places_destroy(struct context_places *places)
{
	if (!places)
		return;
	address_index_deinit(&places->addresses);
	free(places->sizes);
	free(places);
}

struct error *context_places_create(
	const struct context *items, size_t count, struct context_places **ret)
{
	struct context_places *places = calloc(1, sizeof(*places));
	bool ok = places && (places->sizes = calloc(count + 1, sizeof(*places->sizes)));
	for (size_t i = 0; ok && i < count; i++) {
		places->sizes[i] =
			items[i].size < UINT32_MAX ? (uint32_t)items[i].size : UINT32_MAX;
		ok = address_index_append(&places->addresses, items[i].address);
	}
	if (!ok) {
		context_places_destroy(places);
		return error_no_memory();
	}
	*ret = places;
	return NULL;
}

ptrdiff_t context_at(const struct context_forest *forest, uint64_t address)
{
	const struct address_index *addresses = &forest->places->addresses;
	size_t at = address_index_find(addresses, address);
	bool found = at < forest->count && addresses->items[at] == address;
	return found ? (ptrdiff_t)at : CONTEXT_NONE;
}

ptrdiff_t context_containing(
	const struct context_forest *forest, uint64_t address, uint64_t largest)
{
	const struct context_places *places = forest->places;
	const uint64_t *addresses = places->addresses.items;
	size_t at = address_index_find(&places->addresses, address + 1);
	while (at-- > 0 && address - addresses[at] < largest) {
		if (address - addresses[at] < places->sizes[at])
			return (ptrdiff_t)at;
	}
	return CONTEXT_NONE;
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
