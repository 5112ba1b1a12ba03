/* Finds the waiters of a lock: see lock_waiters.h. */
#include "dbg/go/waits/lock_waiters.h"

#include "dbg/go/goroutines/semaphores.h"
#include "dbg/go/waits/wait.h"

/* The address on which the goroutine sleeps; 0: none. */
static struct error *wait_address(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret)
{
	const char *reason = goroutine_wait_reason(program, goroutine);
	*ret = 0;
	if (!reason || (strncmp(reason, "sync.", 5) != 0 && strncmp(reason, "semacquire", 10) != 0))
		return NULL;
	if (strncmp(reason, "sync.Cond.Wait", 14) != 0)
		return semaphore_of(program, goroutine->address, ret);
	_cleanup_free_ struct wait *waits = NULL;
	size_t count = 0;
	bool partial;
	struct error *err = goroutine_waits(program, goroutine, &waits, &count, &partial);
	*ret = !err && count ? waits[0].address : 0;
	return err;
}

struct error *lock_waiters(
	struct program *program, uint64_t address, uint64_t size, uint64_t **ret, size_t *ret_count)
{
	const struct goroutine_list *list;
	size_t capacity = 0;
	*ret = NULL;
	*ret_count = 0;
	struct error *err = program_goroutines(program, &list);
	for (size_t i = 0; !err && i < list->count; i++) {
		uint64_t at;
		err = wait_address(program, &list->items[i], &at);
		if (err || !at || at - address >= size)
			continue;
		if (!array_reserve(ret, &capacity, *ret_count + 1))
			err = error_no_memory();
		else
			(*ret)[(*ret_count)++] = list->items[i].goid;
	}
	if (err) {
		free(take_pointer(*ret));
		*ret_count = 0;
	}
	return err;
}
