/* Searching millions of addresses: see address_index.h. */
#include "dbg/go/contexts/address_index.h"

#include "dwarf/base/bisect.h"

enum { STEP = 64 };

bool address_index_append(struct address_index *index, uint64_t address)
{
	size_t count = index->count;
	if (!array_reserve(&index->items, &index->capacity, count + 1) ||
		!array_reserve(&index->samples, &index->sample_capacity, count / STEP + 1))
		return false;
	index->items[index->count++] = address;
	if (count % STEP == 0)
		index->samples[count / STEP] = address;
	return true;
}

size_t address_index_find(const struct address_index *index, uint64_t address)
{
	if (!index->count)
		return 0; /* without items there is no array */
	size_t samples = (index->count + STEP - 1) / STEP;
	size_t next = bisect(i, samples, index->samples[i] >= address);
	size_t first = next ? (next - 1) * STEP : 0;
	size_t end = next * STEP < index->count ? next * STEP : index->count;
	const uint64_t *items = index->items + first;
	return first + bisect(i, end - first, items[i] >= address);
}

void address_index_deinit(struct address_index *index)
{
	free(index->items);
	free(index->samples);
	*index = (struct address_index){0};
}
