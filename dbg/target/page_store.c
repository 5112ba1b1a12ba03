/* The hash table and the arena of page_store.h. */
#include "dbg/target/page_store.h"

#include <sys/mman.h>

enum { BLOCK_BYTES = BLOCK_PAGES * PAGE_BYTES, FIRST_ENTRIES = 1024 };

static const uint32_t unreadable_slot = UINT32_MAX;

void page_store_init(struct page_store *store, size_t max_bytes)
{
	size_t blocks = max_bytes / BLOCK_BYTES;
	*store = (struct page_store){.max_slots = (blocks ? blocks : 1) * BLOCK_PAGES};
}

static void free_blocks(struct page_store *store, size_t keep)
{
	while (store->block_count > keep)
		free(store->blocks[--store->block_count]);
}

void page_store_deinit(struct page_store *store)
{
	free_blocks(store, 0);
	free(store->blocks);
	free(store->entries);
	*store = (struct page_store){0};
}

void page_store_drop(struct page_store *store, size_t keep_bytes)
{
	if (store->entry_count)
		memset(store->entries, 0, store->entry_capacity * sizeof(*store->entries));
	store->entry_count = 0;
	store->used_slots = 0;
	free_blocks(store, keep_bytes / BLOCK_BYTES);
}

/* The entry of `key`, or the free entry where it would be inserted. */
static struct page_entry *probe(struct page_entry *entries, size_t capacity, uint64_t key)
{
	size_t mask = capacity - 1;
	/* Fibonacci hashing: most pages are neighbors, and the high half of the product spreads
	 * them. */
	size_t index = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;
	while (entries[index].key && entries[index].key != key)
		index = (index + 1) & mask;
	return &entries[index];
}

enum page_state page_store_find(
	const struct page_store *store, uint64_t number, const uint8_t **ret)
{
	if (!store->entry_count)
		return PAGE_UNKNOWN;
	const struct page_entry *entry = probe(store->entries, store->entry_capacity, number + 1);
	if (!entry->key)
		return PAGE_UNKNOWN;
	if (entry->slot == unreadable_slot)
		return PAGE_UNREADABLE;
	*ret = store->blocks[entry->slot / BLOCK_PAGES] + entry->slot % BLOCK_PAGES * PAGE_BYTES;
	return PAGE_PRESENT;
}

size_t page_store_room(const struct page_store *store)
{
	/* Unreadable pages take no slot, but the number of their entries is bounded too. */
	size_t taken =
		store->used_slots > store->entry_count ? store->used_slots : store->entry_count;
	return taken < store->max_slots ? store->max_slots - taken : 0;
}

static bool add_block(struct page_store *store)
{
	if (!array_reserve(&store->blocks, &store->block_capacity, store->block_count + 1))
		return false;
	uint8_t *block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
	if (!block)
		return false;
	madvise(block, BLOCK_BYTES, MADV_HUGEPAGE); /* only a hint */
	store->blocks[store->block_count++] = block;
	return true;
}

bool page_store_reserve(struct page_store *store, size_t count, uint32_t *ret_slot, uint8_t **ret,
	size_t *ret_count)
{
	if (store->used_slots >= store->max_slots)
		return false;
	size_t block = store->used_slots / BLOCK_PAGES;
	if (block == store->block_count && !add_block(store))
		return false;
	size_t first = store->used_slots % BLOCK_PAGES;
	size_t left = BLOCK_PAGES - first;
	*ret_slot = (uint32_t)store->used_slots;
	*ret = store->blocks[block] + first * PAGE_BYTES;
	*ret_count = count < left ? count : left;
	store->used_slots += *ret_count;
	return true;
}

static bool grow(struct page_store *store)
{
	size_t capacity = store->entry_capacity ? store->entry_capacity * 2 : FIRST_ENTRIES;
	struct page_entry *entries = calloc(capacity, sizeof(*entries));
	if (!entries)
		return false;
	for (size_t i = 0; i < store->entry_capacity; i++) {
		if (store->entries[i].key)
			*probe(entries, capacity, store->entries[i].key) = store->entries[i];
	}
	free(store->entries);
	store->entries = entries;
	store->entry_capacity = capacity;
	return true;
}

bool page_store_insert(struct page_store *store, uint64_t number, uint32_t slot)
{
	if (store->entry_count >= store->entry_capacity / 2 && !grow(store))
		return false;
	struct page_entry *entry = probe(store->entries, store->entry_capacity, number + 1);
	store->entry_count += !entry->key;
	*entry = (struct page_entry){number + 1, slot};
	return true;
}

bool page_store_insert_unreadable(struct page_store *store, uint64_t number)
{
	return page_store_insert(store, number, unreadable_slot);
}
