/* See goroutine_cache.h. */
#include "dbg/go/goroutines/goroutine_cache.h"

#include "dbg/go/goroutines/coroutines.h"
#include "dbg/go/goroutines/gc_history.h"
#include "dbg/go/goroutines/semaphores.h"
#include "dbg/go/goroutines/timers.h"

struct error *goroutine_cache_create(struct goroutine_cache **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : error_no_memory();
}

void goroutine_cache_drop_list(struct goroutine_cache *cache)
{
	cache->all_loaded = false;
	cache->all.count = 0;
	free(take_pointer(cache->by_address));
	free(take_pointer(cache->by_stack));
}

void goroutine_cache_refresh(struct goroutine_cache *cache)
{
	goroutine_cache_drop_list(cache);
	cache->ms_loaded = false;
	cache->now_ns = 0;
	cache->one.count = 0;
	cache->ms.count = 0;
	semaphores_destroy(take_pointer(cache->semaphores));
	timers_destroy(take_pointer(cache->timers));
	gc_history_destroy(take_pointer(cache->gc));
	coroutines_destroy(take_pointer(cache->coroutines));
}

void goroutine_cache_destroy(struct goroutine_cache *cache)
{
	if (!cache)
		return;
	semaphores_destroy(cache->semaphores);
	timers_destroy(cache->timers);
	gc_history_destroy(cache->gc);
	coroutines_destroy(cache->coroutines);
	goroutine_cache_drop_list(cache);
	free(cache->all.items);
	free(cache->one.items);
	free(cache->ms.items);
	free(cache);
}
