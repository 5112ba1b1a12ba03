/*
 * The numbers of contexts by address and type. Private to the context files.
 *
 * Most contexts are found by one scan of memory and added in ascending order of their addresses;
 * these are kept in a sorted array, which takes a third of the time and a tenth of the memory of a
 * hash table. The few that are found through other contexts come in any order and go into a table.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_INDEX_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_INDEX_H

#include "dbg/go/contexts/address_index.h"

struct context_shape;

struct context_key {
	uint64_t address;
	const struct context_shape *shape;
};

struct context_index {
	struct address_index addresses;
	const struct context_shape **shapes; /* parallel to the addresses, as are the numbers */
	uint32_t *numbers;
	size_t shape_capacity, number_capacity;
	struct context_index_entry *others; /* hash table */
};

/* Orders by address, then shape. */
int context_key_compare(const void *a, const void *b);

/* The number of the context; -1 if the index does not have it. */
ptrdiff_t context_index_find(const struct context_index *index, struct context_key key);
/* Adds a key that the index does not have. False if out of memory. */
bool context_index_add(struct context_index *index, struct context_key key, uint32_t number);
void context_index_deinit(struct context_index *index);

#endif
