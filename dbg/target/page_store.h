/*
 * Pages of a target's memory by page number: a hash table over an arena of large blocks.
 *
 * A page is present, known to be unreadable, or unknown. Consecutive slots of a block are adjacent
 * in memory, so that one large read can fill many pages in place. Bounded: at the limit, the caller
 * drops everything (page_store_drop()) and starts over.
 */
#ifndef GCTXDBG_TARGET_PAGE_STORE_H
#define GCTXDBG_TARGET_PAGE_STORE_H

#include "dwarf/base/memory.h"

enum { PAGE_BITS = 12, PAGE_BYTES = 1 << PAGE_BITS };

/*
 * Pages per block of the arena: the longest run that page_store_reserve() returns. A block is one
 * huge page if the kernel has them: filling it takes half as long.
 */
enum { BLOCK_PAGES = 512 };

enum page_state { PAGE_UNKNOWN, PAGE_PRESENT, PAGE_UNREADABLE };

struct page_entry {
	uint64_t key; /* page number + 1; 0: free */
	uint32_t slot;
};

struct page_store {
	struct page_entry *entries; /* power of two, at most half full */
	size_t entry_capacity;
	size_t entry_count;
	uint8_t **blocks; /* kept when the pages are dropped: touched memory is faster */
	size_t block_count;
	size_t block_capacity;
	size_t used_slots;
	size_t max_slots;
};

/* An empty store of at most `max_bytes` (rounded to whole blocks, at least one). */
void page_store_init(struct page_store *store, size_t max_bytes);
void page_store_deinit(struct page_store *store);

/* Removes all pages; keeps at most `keep_bytes` of the arena allocated. */
void page_store_drop(struct page_store *store, size_t keep_bytes);

/* The state of page `number`; if PAGE_PRESENT, `*ret` points to its PAGE_BYTES bytes. */
enum page_state page_store_find(
	const struct page_store *store, uint64_t number, const uint8_t **ret);

/* How many slots, or entries for unreadable pages, are free before the store must be dropped. */
size_t page_store_room(const struct page_store *store);

/*
 * Allocates up to `count` (> 0) consecutive slots: `*ret_slot` is the first, `*ret` its memory,
 * `*ret_count` their number (fewer at the end of a block). False without memory or room.
 */
bool page_store_reserve(struct page_store *store, size_t count, uint32_t *ret_slot, uint8_t **ret,
	size_t *ret_count);

/* Records that the reserved `slot` holds page `number`. False without memory: the page stays
 * unknown. */
bool page_store_insert(struct page_store *store, uint64_t number, uint32_t slot);

/* Records that page `number` is unreadable. False without memory. */
bool page_store_insert_unreadable(struct page_store *store, uint64_t number);

#endif
