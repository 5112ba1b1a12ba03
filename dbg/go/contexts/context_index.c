/* The numbers of contexts by address and type: see context_index.h. */
#include "dbg/go/contexts/context_index.h"

#include "dwarf/base/bisect.h"
#include "dwarf/base/hash.h"

struct context_index_entry {
	struct context_key key;
	uint32_t number;
	bool lost; /* could not be added: out of memory */
	UT_hash_handle hh;
};

int context_key_compare(const void *a, const void *b)
{
	const struct context_key *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->shape > y->shape) - (x->shape < y->shape);
}

ptrdiff_t context_index_find(const struct context_index *index, struct context_key key)
{
	size_t at = bisect(i, index->count, context_key_compare(&index->sorted[i], &key) >= 0);
	if (at < index->count && !context_key_compare(&index->sorted[at], &key))
		return index->numbers[at];
	struct context_index_entry *found = NULL;
	if (index->others)
		HASH_FIND(hh, index->others, &key, sizeof(key), found);
	return found ? (ptrdiff_t)found->number : -1;
}

bool context_index_add(struct context_index *index, struct context_key key, uint32_t number)
{
	size_t count = index->count;
	if (!count || context_key_compare(&index->sorted[count - 1], &key) < 0) {
		if (!array_reserve(&index->sorted, &index->key_capacity, count + 1) ||
			!array_reserve(&index->numbers, &index->number_capacity, count + 1))
			return false;
		index->sorted[count] = key;
		index->numbers[count] = number;
		index->count++;
		return true;
	}
	struct context_index_entry *entry = calloc(1, sizeof(*entry));
	if (!entry)
		return false;
	entry->key = key;
	entry->number = number;
	HASH_ADD(hh, index->others, key, sizeof(entry->key), entry);
	bool lost = entry->lost;
	if (lost)
		free(entry);
	return !lost;
}

void context_index_deinit(struct context_index *index)
{
	struct context_index_entry *entry, *next;
	HASH_ITER (hh, index->others, entry, next) {
		HASH_DELETE(hh, index->others, entry);
		free(entry);
	}
	free(index->sorted);
	free(index->numbers);
	*index = (struct context_index){0};
}
