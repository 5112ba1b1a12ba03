/* The cache between the engine and a target's memory: which pages to read, in which runs. */
#include "dbg/target/memory_cache.h"
#include "dbg/target/page_store.h"

enum {
	/*
	 * A miss reads the aligned group of pages around it: the next object is rarely far away.
	 * From a live process, reading four pages costs twice as much as reading one.
	 */
	CLUSTER_PAGES = 4,
	/* Ranges closer than this are read as one: the gap costs less than another vector entry. */
	JOIN_PAGES = 4,
	MAX_RUN_PAGES = 256, /* 1 MiB */
	BYPASS_BYTES = 64 << 10,
	MIN_BYTES = 1 << 20, /* a read of BYPASS_BYTES must fit twice */
	/* The part of the arena that is kept for the next batch when the pages are dropped. */
	KEEP_BYTES = 64 << 20,
};

struct memory_cache {
	struct page_store store;
	size_t max_bytes;
	/* The last page that was hit: most reads are small and near the previous one. */
	uint64_t last_number;
	const uint8_t *last_page; /* NULL: none */
	/* Runs that are about to be fetched. */
	struct memory_run *runs;
	uint32_t *slots; /* of each run's first page */
	size_t run_count, run_capacity, slot_capacity;
	/* Single pages to be tried in a second call, after a run was incomplete. */
	struct memory_run *singles;
	uint32_t *single_slots;
	size_t single_count, single_capacity, single_slot_capacity;
};

struct memory_cache *memory_cache_create(size_t max_bytes)
{
	struct memory_cache *cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->max_bytes = max_bytes > MIN_BYTES ? max_bytes : MIN_BYTES;
	page_store_init(&cache->store, cache->max_bytes);
	return cache;
}

void memory_cache_destroy(struct memory_cache *cache)
{
	if (!cache)
		return;
	page_store_deinit(&cache->store);
	free(cache->runs);
	free(cache->slots);
	free(cache->singles);
	free(cache->single_slots);
	free(cache);
}

void memory_cache_drop(struct memory_cache *cache)
{
	cache->last_page = NULL;
	page_store_drop(&cache->store, KEEP_BYTES);
}

static enum page_state memory_cache_find(
	struct memory_cache *cache, uint64_t number, const uint8_t **ret)
{
	if (cache->last_page && cache->last_number == number) {
		*ret = cache->last_page;
		return PAGE_PRESENT;
	}
	enum page_state state = page_store_find(&cache->store, number, ret);
	if (state == PAGE_PRESENT) {
		cache->last_number = number;
		cache->last_page = *ret;
	}
	return state;
}

/* Schedules the pages [first, first + count), as one run per block of the arena. */
static struct error *schedule_run(struct memory_cache *cache, uint64_t first, size_t count)
{
	while (count) {
		uint32_t slot;
		uint8_t *memory;
		size_t taken;
		if (!array_reserve(&cache->runs, &cache->run_capacity, cache->run_count + 1) ||
			!array_reserve(
				&cache->slots, &cache->slot_capacity, cache->run_count + 1) ||
			!page_store_reserve(&cache->store, count, &slot, &memory, &taken))
			return error_no_memory();
		cache->slots[cache->run_count] = slot;
		cache->runs[cache->run_count++] = (struct memory_run){
			.address = first << PAGE_BITS,
			.size = taken * PAGE_BYTES,
			.buffer = memory,
		};
		first += taken;
		count -= taken;
	}
	return NULL;
}

/* Schedules `run`'s pages from number `done` on one by one: those after an unreadable one may be
 * readable. */
static struct error *schedule_singles(
	struct memory_cache *cache, const struct memory_run *run, uint32_t slot, size_t done)
{
	size_t pages = run->size / PAGE_BYTES;
	size_t count = cache->single_count + pages - done;
	if (!array_reserve(&cache->singles, &cache->single_capacity, count) ||
		!array_reserve(&cache->single_slots, &cache->single_slot_capacity, count))
		return error_no_memory();
	for (size_t i = done; i < pages; i++) {
		cache->single_slots[cache->single_count] = slot + (uint32_t)i;
		cache->singles[cache->single_count++] = (struct memory_run){
			.address = run->address + i * PAGE_BYTES,
			.size = PAGE_BYTES,
			.buffer = (uint8_t *)run->buffer + i * PAGE_BYTES,
		};
	}
	return NULL;
}

static struct error *fetch_singles(struct memory_cache *cache, struct target *target)
{
	struct error *err = target->ops->read(target, cache->singles, cache->single_count);
	for (size_t i = 0; i < cache->single_count && !err; i++) {
		const struct memory_run *run = &cache->singles[i];
		uint64_t number = run->address >> PAGE_BITS;
		bool entered =
			run->done >= PAGE_BYTES
				? page_store_insert(&cache->store, number, cache->single_slots[i])
				: page_store_insert_unreadable(&cache->store, number);
		if (!entered)
			err = error_no_memory();
	}
	return err;
}

/* Reads the scheduled runs and stores their pages. */
static struct error *fetch(struct memory_cache *cache, struct target *target)
{
	if (!cache->run_count)
		return NULL;
	cache->single_count = 0;
	struct error *err = target->ops->read(target, cache->runs, cache->run_count);
	for (size_t i = 0; i < cache->run_count && !err; i++) {
		const struct memory_run *run = &cache->runs[i];
		uint64_t number = run->address >> PAGE_BITS;
		size_t done = (run->done < run->size ? run->done : run->size) / PAGE_BYTES;
		for (size_t j = 0; j < done && !err; j++) {
			if (!page_store_insert(
				    &cache->store, number + j, cache->slots[i] + (uint32_t)j))
				err = error_no_memory();
		}
		/* A run of one page needs no second attempt. */
		if (!err && run->size == PAGE_BYTES && !done) {
			if (!page_store_insert_unreadable(&cache->store, number))
				err = error_no_memory();
		} else if (!err && done < run->size / PAGE_BYTES) {
			err = schedule_singles(cache, run, cache->slots[i], done);
		}
	}
	cache->run_count = 0;
	if (!err && cache->single_count)
		err = fetch_singles(cache, target);
	return err;
}

/* Makes room for `pages` more, by dropping everything if necessary. */
static void make_room(struct memory_cache *cache, size_t pages)
{
	if (page_store_room(&cache->store) < pages)
		memory_cache_drop(cache);
}

static bool is_unknown(struct memory_cache *cache, uint64_t number)
{
	const uint8_t *page;
	return page_store_find(&cache->store, number, &page) == PAGE_UNKNOWN;
}

/* Fetches page `number` (unknown so far) and the unknown pages around it in its cluster. */
static struct error *fetch_cluster(
	struct memory_cache *cache, struct target *target, uint64_t number)
{
	make_room(cache, CLUSTER_PAGES);
	uint64_t low = number & ~(uint64_t)(CLUSTER_PAGES - 1);
	uint64_t first = number, end = number + 1;
	while (first > low && is_unknown(cache, first - 1))
		first--;
	while (end < low + CLUSTER_PAGES && is_unknown(cache, end))
		end++;
	cache->run_count = 0;
	struct error *err = schedule_run(cache, first, (size_t)(end - first));
	return err ? err : fetch(cache, target);
}

/* Large reads go directly to the caller's buffer: they would evict everything else. */
static struct error *read_bypassing(struct memory_cache *cache, struct target *target,
	uint64_t address, uint8_t *ret, size_t size, size_t *ret_done)
{
	size_t run_bytes = (size_t)MAX_RUN_PAGES * PAGE_BYTES;
	*ret_done = 0;
	while (*ret_done < size) {
		cache->run_count = 0;
		size_t scheduled = *ret_done;
		while (scheduled < size && cache->run_count < 64) {
			if (!array_reserve(
				    &cache->runs, &cache->run_capacity, cache->run_count + 1))
				return error_no_memory();
			size_t part = size - scheduled < run_bytes ? size - scheduled : run_bytes;
			cache->runs[cache->run_count++] = (struct memory_run){
				.address = address + scheduled,
				.size = part,
				.buffer = ret + scheduled,
			};
			scheduled += part;
		}
		struct error *err = target->ops->read(target, cache->runs, cache->run_count);
		if (err)
			return err;
		for (size_t i = 0; i < cache->run_count; i++) {
			*ret_done += cache->runs[i].done;
			if (cache->runs[i].done < cache->runs[i].size)
				return NULL;
		}
	}
	return NULL;
}

/*
 * Reads `size` bytes of a page that is not in the cache because it cannot be read as a whole. The
 * page may be readable in part, even if its first byte is not.
 */
static struct error *read_partial_page(
	struct target *target, uint64_t address, void *ret, size_t size, size_t *ret_done)
{
	struct memory_run run = {.address = address, .size = size, .buffer = ret};
	struct error *err = target->ops->partial_pages ? target->ops->read(target, &run, 1) : NULL;
	*ret_done = run.done;
	return err;
}

static struct error *read_pages(struct memory_cache *cache, struct target *target, uint64_t address,
	uint8_t *ret, size_t size, bool *ret_complete, uint64_t *ret_fault)
{
	while (size) {
		uint64_t number = address >> PAGE_BITS;
		size_t offset = (size_t)(address & (PAGE_BYTES - 1));
		size_t part = PAGE_BYTES - offset < size ? PAGE_BYTES - offset : size;
		const uint8_t *page;
		enum page_state state = memory_cache_find(cache, number, &page);
		if (state == PAGE_UNKNOWN) {
			struct range range = {address, size < BYPASS_BYTES ? size : BYPASS_BYTES};
			struct error *err =
				part == size ? fetch_cluster(cache, target, number)
					     : memory_cache_prefetch(cache, target, &range, 1);
			if (err)
				return err;
			state = memory_cache_find(cache, number, &page);
		}
		size_t done = part;
		if (state == PAGE_PRESENT) {
			memcpy(ret, page + offset, part);
		} else {
			struct error *err = read_partial_page(target, address, ret, part, &done);
			if (err)
				return err;
		}
		if (done < part) {
			*ret_complete = false;
			*ret_fault = address + done;
			return NULL;
		}
		ret += part;
		address += part;
		size -= part;
	}
	*ret_complete = true;
	return NULL;
}

struct error *memory_cache_read(struct memory_cache *cache, struct target *target, uint64_t address,
	void *ret, size_t size, bool *ret_complete, uint64_t *ret_fault)
{
	size_t done = 0;
	if (size > BYPASS_BYTES) {
		struct error *err = read_bypassing(cache, target, address, ret, size, &done);
		if (err)
			return err;
		if (done == size) {
			*ret_complete = true;
			return NULL;
		}
	}
	/*
	 * After an incomplete large read, continue by pages to find the exact address of the fault.
	 */
	return read_pages(cache, target, address + done, (uint8_t *)ret + done, size - done,
		ret_complete, ret_fault);
}

static int compare_ranges(const void *a, const void *b)
{
	uint64_t x = ((const struct range *)a)->address, y = ((const struct range *)b)->address;
	return (x > y) - (x < y);
}

static void sort_ranges(struct range *ranges, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (ranges[i].address < ranges[i - 1].address) {
			qsort(ranges, count, sizeof(*ranges), compare_ranges);
			return;
		}
	}
}

/* The run of pages that is being assembled. */
struct page_run {
	uint64_t first, end;
	size_t left; /* pages that may still be scheduled */
};

static struct error *close_run(struct memory_cache *cache, struct page_run *run)
{
	uint64_t pages = run->end - run->first;
	if (pages > run->left)
		pages = run->left;
	run->left -= (size_t)pages;
	struct error *err = schedule_run(cache, run->first, (size_t)pages);
	run->first = run->end = 0;
	return err;
}

/* Schedules the unknown ones of the pages [first, end). */
static struct error *schedule_pages(
	struct memory_cache *cache, struct page_run *run, uint64_t first, uint64_t end)
{
	uint64_t number = first > run->end ? first : run->end;
	for (; number < end && run->left; number++) {
		if (!is_unknown(cache, number))
			continue;
		bool open = run->end > run->first;
		if (open && number - run->end < JOIN_PAGES && number - run->first < MAX_RUN_PAGES) {
			run->end = number + 1;
			continue;
		}
		if (open) {
			struct error *err = close_run(cache, run);
			if (err)
				return err;
		}
		run->first = number;
		run->end = number + 1;
	}
	return NULL;
}

static void range_pages(const struct range *range, uint64_t *ret_first, uint64_t *ret_end)
{
	*ret_first = *ret_end = range->address >> PAGE_BITS;
	if (!range->size)
		return;
	uint64_t last = range->size - 1 > UINT64_MAX - range->address
				? UINT64_MAX
				: range->address + range->size - 1;
	*ret_end = (last >> PAGE_BITS) + 1;
}

/* The number of pages in sorted ranges, neighbors joined; at most `limit`. */
static size_t count_pages(const struct range *ranges, size_t count, size_t limit)
{
	uint64_t total = 0, seen = 0;
	for (size_t i = 0; i < count && total < limit; i++) {
		uint64_t first, end;
		range_pages(&ranges[i], &first, &end);
		if (end <= seen)
			continue;
		if (first - seen < JOIN_PAGES || first < seen)
			first = seen;
		total += end - first;
		seen = end;
	}
	return total < limit ? (size_t)total : limit;
}

struct error *memory_cache_prefetch(
	struct memory_cache *cache, struct target *target, struct range *ranges, size_t count)
{
	sort_ranges(ranges, count);
	/* At most half of the cache, so that the requested pages are not dropped before they are
	 * used. */
	struct page_run run = {
		.left = count_pages(ranges, count, cache->max_bytes / 2 / PAGE_BYTES)};
	if (!run.left)
		return NULL;
	make_room(cache, run.left);
	cache->run_count = 0;
	for (size_t i = 0; i < count && run.left; i++) {
		uint64_t first, end;
		range_pages(&ranges[i], &first, &end);
		struct error *err = schedule_pages(cache, &run, first, end);
		if (err)
			return err;
	}
	if (run.end > run.first) {
		struct error *err = close_run(cache, &run);
		if (err)
			return err;
	}
	return fetch(cache, target);
}
