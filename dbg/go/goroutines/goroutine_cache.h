/*
 * What has been read of the goroutines since the target last ran. Private to this folder, and to
 * the composition root, which creates the cache and drops its contents.
 */
#ifndef GCTXDBG_GO_GOROUTINES_GOROUTINE_CACHE_H
#define GCTXDBG_GO_GOROUTINES_GOROUTINE_CACHE_H

#include "dbg/go/goroutines/goroutine.h"

struct semaphores;

struct goroutine_cache {
	struct goroutine_list all;
	struct goroutine_list one; /* see program_load_goroutine() */
	struct go_m_list ms;
	bool all_loaded, ms_loaded;
	struct semaphores *semaphores; /* NULL until they are read */
	int64_t now_ns;		       /* 0: not known yet */
};

struct error *goroutine_cache_create(struct goroutine_cache **ret);
/* NULL is allowed. */
void goroutine_cache_destroy(struct goroutine_cache *cache);
/* Drops what was read; keeps the memory for the next time. */
void goroutine_cache_refresh(struct goroutine_cache *cache);

#endif
