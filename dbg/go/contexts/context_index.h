/*
 * Which number the context of a type at an address has. Private to the context files.
 *
 * Most contexts are found by looking through memory once and are added in the order of their
 * addresses: those are kept in a sorted array, which takes a third of the time and a tenth of the
 * memory of a hash table. The few that only other contexts lead to come in any order.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_INDEX_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_INDEX_H

#include "dwarf/base/memory.h"

struct context_shape;

struct context_key {
	uint64_t address;
	const struct context_shape *shape;
};

struct context_index {
	struct context_key *sorted; /* of the numbers in `numbers` */
	uint32_t *numbers;
	size_t count, key_capacity, number_capacity;
	struct context_index_entry *others; /* hash table */
};

/* By address, then shape. */
int context_key_compare(const void *a, const void *b);

/* The number; -1: none. */
ptrdiff_t context_index_find(const struct context_index *index, struct context_key key);
/* Adds a key that is not there yet. False without memory. */
bool context_index_add(struct context_index *index, struct context_key key, uint32_t number);
void context_index_deinit(struct context_index *index);

#endif
