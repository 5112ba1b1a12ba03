/*
 * Sorting millions of items by a number: sorts keys, since moving and comparing the items
 * themselves would miss the processor's caches each time.
 */
#ifndef GCTXDBG_DWARF_BASE_SORT_KEYS_H
#define GCTXDBG_DWARF_BASE_SORT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sort_key {
	uint64_t value;
	uint32_t number; /* of the item */
};

/* Sorts by value; equal ones keep their order. Takes time in proportion to `count`. False, and no
 * change, without memory. */
bool sort_keys(struct sort_key *keys, size_t count);

#endif
