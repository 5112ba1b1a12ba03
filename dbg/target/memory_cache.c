/* The cache between the engine and a target's memory: which pages to read, in which runs. */
#include "dbg/target/memory_cache.h"
#include "dbg/target/page_fetch.h"
#include "dbg/target/read_ahead.h"

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
	struct page_fetch fetch;
	/* The pages that `reader` reads in the background; NULL: nothing is being read. */
	struct page_fetch ahead;
	struct read_ahead *reader;
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
	read_ahead_destroy(cache->reader);
	page_fetch_deinit(&cache->ahead);
	page_fetch_deinit(&cache->fetch);
	page_store_deinit(&cache->store);
	free(cache);
}

/* Waits for the pages that are being read in the background, and enters them. */
static struct error *finish_ahead(struct memory_cache *cache, struct target *target)
{
	struct read_ahead *reader = take_pointer(cache->reader);
	if (!reader)
		return NULL;
	struct error *err = read_ahead_finish(reader);
	read_ahead_destroy(reader);
	if (!err)
		return page_fetch_enter(&cache->ahead, &cache->store, target);
	cache->ahead.count = 0;
	return err;
}

void memory_cache_drop(struct memory_cache *cache)
{
	/* It writes to the memory of the store. */
	read_ahead_destroy(take_pointer(cache->reader));
	cache->ahead.count = 0;
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
	cache->fetch.count = 0;
	struct error *err =
		page_fetch_add(&cache->fetch, &cache->store, first, (size_t)(end - first));
	return err ? err : page_fetch_read(&cache->fetch, &cache->store, target);
}

/* Large reads go directly to the caller's buffer: they would evict everything else. */
static struct error *read_bypassing(
	struct target *target, uint64_t address, uint8_t *ret, size_t size, size_t *ret_done)
{
	struct memory_run runs[64];
	size_t run_bytes = (size_t)MAX_RUN_PAGES * PAGE_BYTES;
	*ret_done = 0;
	while (*ret_done < size) {
		size_t scheduled = *ret_done, count = 0;
		while (scheduled < size && count < array_length(runs)) {
			size_t part = size - scheduled < run_bytes ? size - scheduled : run_bytes;
			runs[count++] = (struct memory_run){.address = address + scheduled,
				.size = part,
				.buffer = ret + scheduled};
			scheduled += part;
		}
		struct error *err = target->ops->read(target, runs, count);
		if (err)
			return err;
		for (size_t i = 0; i < count; i++) {
			*ret_done += runs[i].done;
			if (runs[i].done < runs[i].size)
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
		struct error *err = read_bypassing(target, address, ret, size, &done);
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
	struct page_fetch *fetch;
	uint64_t first, end;
	size_t left; /* pages that may still be scheduled */
};

static struct error *close_run(struct memory_cache *cache, struct page_run *run)
{
	uint64_t pages = run->end - run->first;
	if (pages > run->left)
		pages = run->left;
	run->left -= (size_t)pages;
	struct error *err = page_fetch_add(run->fetch, &cache->store, run->first, (size_t)pages);
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

static bool are_known(struct memory_cache *cache, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t first, end;
		range_pages(&ranges[i], &first, &end);
		for (; first < end; first++) {
			if (is_unknown(cache, first))
				return false;
		}
	}
	return true;
}

/* Schedules the unknown pages of sorted ranges: at most `limit`, of which there must be room. */
static struct error *schedule_ranges(struct memory_cache *cache, struct page_fetch *fetch,
	const struct range *ranges, size_t count, size_t limit)
{
	struct page_run run = {.fetch = fetch, .left = limit};
	struct error *err = NULL;
	fetch->count = 0;
	for (size_t i = 0; !err && i < count && run.left; i++) {
		uint64_t first, end;
		range_pages(&ranges[i], &first, &end);
		err = schedule_pages(cache, &run, first, end);
	}
	return !err && run.end > run.first ? close_run(cache, &run) : err;
}

struct error *memory_cache_prefetch(
	struct memory_cache *cache, struct target *target, struct range *ranges, size_t count)
{
	struct error *err = finish_ahead(cache, target);
	if (err)
		return err;
	sort_ranges(ranges, count);
	/* At most half of the cache, so that the requested pages are not dropped before they are
	 * used. */
	size_t pages = count_pages(ranges, count, cache->max_bytes / 2 / PAGE_BYTES);
	if (are_known(cache, ranges, count))
		return NULL;
	make_room(cache, pages);
	err = schedule_ranges(cache, &cache->fetch, ranges, count, pages);
	return err ? err : page_fetch_read(&cache->fetch, &cache->store, target);
}

struct error *memory_cache_read_ahead(
	struct memory_cache *cache, struct target *target, struct range *ranges, size_t count)
{
	struct error *err = finish_ahead(cache, target);
	if (err)
		return err;
	sort_ranges(ranges, count);
	size_t room = page_store_room(&cache->store);
	size_t pages = count_pages(ranges, count, room + 1);
	if (pages > room) /* dropping what is there now would be worse */
		return NULL;
	err = schedule_ranges(cache, &cache->ahead, ranges, count, pages);
	if (!err && cache->ahead.count)
		err = read_ahead_create(target, &cache->reader);
	if (!err && cache->ahead.count)
		read_ahead_start(cache->reader, cache->ahead.runs, cache->ahead.count);
	return err;
}
