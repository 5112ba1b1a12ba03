/* See page_fetch.h. */
#include "dbg/target/page_fetch.h"

void page_fetch_deinit(struct page_fetch *fetch)
{
	free(fetch->runs);
	free(fetch->slots);
	*fetch = (struct page_fetch){0};
}

static bool append(struct page_fetch *fetch, struct memory_run run, uint32_t slot)
{
	if (!array_reserve(&fetch->runs, &fetch->run_capacity, fetch->count + 1) ||
		!array_reserve(&fetch->slots, &fetch->slot_capacity, fetch->count + 1))
		return false;
	fetch->slots[fetch->count] = slot;
	fetch->runs[fetch->count++] = run;
	return true;
}

struct error *page_fetch_add(
	struct page_fetch *fetch, struct page_store *store, uint64_t first, size_t count)
{
	while (count) {
		uint32_t slot;
		uint8_t *memory;
		size_t taken;
		if (!page_store_reserve(store, count, &slot, &memory, &taken) ||
			!append(fetch,
				(struct memory_run){.address = first << PAGE_BITS,
					.size = taken * PAGE_BYTES,
					.buffer = memory},
				slot))
			return error_no_memory();
		first += taken;
		count -= taken;
	}
	return NULL;
}

/* Adds the run's pages from number `done` on, one by one. */
static bool append_singles(
	struct page_fetch *singles, const struct memory_run *run, uint32_t slot, size_t done)
{
	for (size_t i = done; i < run->size / PAGE_BYTES; i++) {
		if (!append(singles,
			    (struct memory_run){.address = run->address + i * PAGE_BYTES,
				    .size = PAGE_BYTES,
				    .buffer = (uint8_t *)run->buffer + i * PAGE_BYTES},
			    slot + (uint32_t)i))
			return false;
	}
	return true;
}

struct error *page_fetch_enter(
	struct page_fetch *fetch, struct page_store *store, struct target *target)
{
	struct page_fetch singles = {0};
	bool entered = true;
	for (size_t i = 0; i < fetch->count && entered; i++) {
		const struct memory_run *run = &fetch->runs[i];
		uint64_t number = run->address >> PAGE_BITS;
		size_t done = (run->done < run->size ? run->done : run->size) / PAGE_BYTES;
		for (size_t j = 0; j < done && entered; j++)
			entered =
				page_store_insert(store, number + j, fetch->slots[i] + (uint32_t)j);
		/* A run of one page needs no second attempt. */
		if (entered && run->size == PAGE_BYTES && !done)
			entered = page_store_insert_unreadable(store, number);
		else if (entered && done < run->size / PAGE_BYTES)
			entered = append_singles(&singles, run, fetch->slots[i], done);
	}
	fetch->count = 0;
	struct error *err = entered ? NULL : error_no_memory();
	if (!err && singles.count)
		err = page_fetch_read(&singles, store, target);
	page_fetch_deinit(&singles);
	return err;
}

struct error *page_fetch_read(
	struct page_fetch *fetch, struct page_store *store, struct target *target)
{
	if (!fetch->count)
		return NULL;
	struct error *err = target->ops->read(target, fetch->runs, fetch->count);
	if (!err)
		return page_fetch_enter(fetch, store, target);
	fetch->count = 0;
	return err;
}
