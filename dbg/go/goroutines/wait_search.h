/*
 * Finding what only the stack of a blocked goroutine points to: its pollDesc, its sync.Cond,
 * its coroutine.
 *
 * The innermost words of the stack are candidates. One is accepted only if the memory it points to
 * refers back to the goroutine, so a result is exact or missing.
 */
#ifndef GCTXDBG_GO_GOROUTINES_WAIT_SEARCH_H
#define GCTXDBG_GO_GOROUTINES_WAIT_SEARCH_H

#include "dbg/go/goroutines/goroutine.h"

/* The runtime.pollDesc (runtime/netpoll.go) that will wake `goroutine`; 0 if none is found. */
struct error *wait_search_poll_desc(struct program *program, const struct goroutine *goroutine,
	uint64_t *ret, bool *ret_reading, int64_t *ret_fd);

/* The runtime.notifyList (runtime/sema.go) that `goroutine` is queued in; 0 if none is found. */
struct error *wait_search_notify_list(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret);

/* The runtime.coro (runtime/coro.go) that `goroutine` is blocked on; 0 if none is found. */
struct error *wait_search_coro(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret);

#endif
