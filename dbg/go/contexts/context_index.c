/* The numbers of contexts by address and type: see context_index.h. */
#include "dbg/go/contexts/context_index.h"

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
	const struct address_index *addresses = &index->addresses;
	for (size_t i = address_index_find(addresses, key.address);
		i < addresses->count && addresses->items[i] == key.address; i++) {
		if (index->shapes[i] == key.shape)
			return index->numbers[i];
	}
	struct context_index_entry *found = NULL;
	if (index->others)
		HASH_FIND(hh, index->others, &key, sizeof(key), found);
	return found ? (ptrdiff_t)found->number : -1;
}

bool context_index_add(struct context_index *index, struct context_key key, uint32_t number)
{
	size_t count = index->addresses.count;
	if (!count || index->addresses.items[count - 1] <= key.address) {
		if (!array_reserve(&index->shapes, &index->shape_capacity, count + 1) ||
			!array_reserve(&index->numbers, &index->number_capacity, count + 1) ||
			!address_index_append(&index->addresses, key.address))
			return false;
		index->shapes[count] = key.shape;
		index->numbers[count] = number;
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
	address_index_deinit(&index->addresses);
	free(index->shapes);
	free(index->numbers);
	*index = (struct context_index){0};
}
