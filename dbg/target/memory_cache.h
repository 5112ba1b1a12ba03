/*
 * The one cache between the engine and a target's memory.
 *
 * Reads pages of 4 KiB through target->ops->read in few calls, remembers them and the pages that
 * cannot be read until it is dropped. Bounded; when full it is emptied wholesale. It knows nothing
 * of the target's state: target.c checks that first and drops the cache when the target runs.
 */
#ifndef GCTXDBG_TARGET_MEMORY_CACHE_H
#define GCTXDBG_TARGET_MEMORY_CACHE_H

#include "dbg/target/target.h"

struct memory_cache;

/* `max_bytes`: how much target memory it keeps at most. NULL without memory. */
struct memory_cache *memory_cache_create(size_t max_bytes);
void memory_cache_destroy(struct memory_cache *cache);
void memory_cache_drop(struct memory_cache *cache);

/*
 * Reads [address, address + size), which must not wrap around. When a part cannot be read:
 * `*ret_fault` is the first such address and the result is false; true when all was read. An error
 * means no reading at all.
 */
struct error *memory_cache_read(struct memory_cache *cache, struct target *target, uint64_t address,
	void *ret, size_t size, bool *ret_complete, uint64_t *ret_fault);

/* See target_prefetch(). */
struct error *memory_cache_prefetch(
	struct memory_cache *cache, struct target *target, struct range *ranges, size_t count);

#endif
