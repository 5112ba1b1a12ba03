/*
 * What has been read of the goroutines since the target last ran. Private to this folder, and to
 * the composition root, which creates the cache and drops its contents.
 */
#ifndef GCTXDBG_GO_GOROUTINES_GOROUTINE_CACHE_H
#define GCTXDBG_GO_GOROUTINES_GOROUTINE_CACHE_H

#include "dbg/go/goroutines/goroutine.h"

struct coroutines;
struct gc_history;
struct semaphores;
struct sightings;
struct timers;

enum { MAX_G_SIZE = 8192 }; /* bytes of a runtime.g; a larger size is refused */

struct goroutine_cache {
	struct goroutine_list all;
	struct goroutine_list one; /* see program_load_goroutine() */
	struct go_m_list ms;
	bool all_loaded, ms_loaded;
	/* `all` in other orders: numbers, and pointers; NULL until they are needed */
	uint32_t *by_address;
	const struct goroutine **by_stack;
	struct semaphores *semaphores;	/* NULL until they are read */
	struct timers *timers;		/* the same */
	struct gc_history *gc;		/* the same */
	struct coroutines *coroutines;	/* the same */
	int64_t now_ns;			/* 0: not known yet */
	const struct sightings *before; /* see program_compare_with(); borrowed; NULL: none */
};

struct error *goroutine_cache_create(struct goroutine_cache **ret);
/* NULL is allowed. */
void goroutine_cache_destroy(struct goroutine_cache *cache);
/* Sorts by id. */
struct error *goroutine_list_sort(struct goroutine_list *list);
/* Drops the list of all goroutines. */
void goroutine_cache_drop_list(struct goroutine_cache *cache);
/* Drops what was read; keeps the memory for the next time. */
void goroutine_cache_refresh(struct goroutine_cache *cache);

#endif
