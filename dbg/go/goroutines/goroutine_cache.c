/* See goroutine_cache.h. */
#include "dbg/go/goroutines/goroutine_cache.h"

#include "dbg/go/goroutines/semaphores.h"

struct error *goroutine_cache_create(struct goroutine_cache **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : error_no_memory();
}

void goroutine_cache_refresh(struct goroutine_cache *cache)
{
	cache->all_loaded = false;
	cache->ms_loaded = false;
	cache->now_ns = 0;
	cache->all.count = 0;
	cache->one.count = 0;
	cache->ms.count = 0;
	semaphores_destroy(take_pointer(cache->semaphores));
}

void goroutine_cache_destroy(struct goroutine_cache *cache)
{
	if (!cache)
		return;
	semaphores_destroy(cache->semaphores);
	free(cache->all.items);
	free(cache->one.items);
	free(cache->ms.items);
	free(cache);
}
