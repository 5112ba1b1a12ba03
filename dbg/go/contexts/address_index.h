/*
 * Sorted addresses, for searches among millions: a small copy of every 64th keeps most steps of a
 * binary search in the processor's cache.
 */
#ifndef GCTXDBG_GO_CONTEXTS_ADDRESS_INDEX_H
#define GCTXDBG_GO_CONTEXTS_ADDRESS_INDEX_H

#include "dwarf/base/memory.h"

struct address_index {
	uint64_t *items; /* ascending */
	size_t count, capacity;
	uint64_t *samples; /* items[0], items[64], … */
	size_t sample_capacity;
};

/* Adds an address that is not below the last. False without memory. */
bool address_index_append(struct address_index *index, uint64_t address);

/* The number of the first one that is not below `address`; `count` if there is none. */
size_t address_index_find(const struct address_index *index, uint64_t address);

void address_index_deinit(struct address_index *index);

#endif
