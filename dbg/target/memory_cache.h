/*
 * The cache between the engine and a target's memory.
 *
 * Reads pages of 4 KiB through target->ops->read in few calls, and remembers them, and which pages
 * cannot be read as a whole, until it is dropped. Pages that are readable in part
 * (target_ops.partial_pages) are not cached. Bounded; when it is full, everything is dropped. It
 * does not know the target's state: target.c checks that first and drops the cache when the target
 * runs.
 */
#ifndef GCTXDBG_TARGET_MEMORY_CACHE_H
#define GCTXDBG_TARGET_MEMORY_CACHE_H

#include "dbg/target/target.h"

struct memory_cache;

/* Keeps at most `max_bytes` of target memory. NULL without memory. */
struct memory_cache *memory_cache_create(size_t max_bytes);
void memory_cache_destroy(struct memory_cache *cache);
void memory_cache_drop(struct memory_cache *cache);

/*
 * Reads [address, address + size), which must not wrap around. `*ret_complete` says whether all of
 * it was read; if not, `*ret_fault` is the first unreadable address, which is not an error. An
 * error comes from the target's read operation, or is ERROR_NO_MEMORY.
 */
struct error *memory_cache_read(struct memory_cache *cache, struct target *target, uint64_t address,
	void *ret, size_t size, bool *ret_complete, uint64_t *ret_fault);

/* See target_prefetch() and target_read_ahead(). */
struct error *memory_cache_prefetch(
	struct memory_cache *cache, struct target *target, struct range *ranges, size_t count);
struct error *memory_cache_read_ahead(
	struct memory_cache *cache, struct target *target, struct range *ranges, size_t count);

#endif
