/*
 * Reading pages of a target's memory into the page store, in few large runs. Private to
 * memory_cache.c.
 */
#ifndef GCTXDBG_TARGET_PAGE_FETCH_H
#define GCTXDBG_TARGET_PAGE_FETCH_H

#include "dbg/target/page_store.h"
#include "dbg/target/target.h"

/* Runs of pages that are about to be read, each into reserved slots of the store. */
struct page_fetch {
	struct memory_run *runs;
	uint32_t *slots; /* of each run's first page */
	size_t count, run_capacity, slot_capacity;
};

void page_fetch_deinit(struct page_fetch *fetch);

/* Adds the pages [first, first + count), as one run per block of the arena. ERROR_NO_MEMORY. */
struct error *page_fetch_add(
	struct page_fetch *fetch, struct page_store *store, uint64_t first, size_t count);

/*
 * Enters the pages of the runs, which have been read, in the store, and empties the list. Reads the
 * pages of incomplete runs one by one: those after an unreadable one may be readable.
 */
struct error *page_fetch_enter(
	struct page_fetch *fetch, struct page_store *store, struct target *target);

/* Reads the runs and enters them. Errors: those of the target's read operation, ERROR_NO_MEMORY. */
struct error *page_fetch_read(
	struct page_fetch *fetch, struct page_store *store, struct target *target);

#endif
