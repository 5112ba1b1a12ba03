/*
 * Coroutines (iter.Pull): which goroutine resumes which.
 *
 * A coro is like a channel on which exactly one goroutine is blocked. Two take turns: the one that
 * runs the iterator, and the one that has called next or stop. So the goroutine that is not blocked
 * on the coro will resume the one that is.
 *
 * Sources: runtime/coro.go (coro, corostart, coroswitch), iter/iter.go, releases 1.23 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_COROUTINES_H
#define GCTXDBG_GO_GOROUTINES_COROUTINES_H

#include "dbg/go/goroutines/goroutine.h"

struct coroutines;

/* The runtime.coro on which the goroutine is blocked; 0 if it is on none, or none is found. */
struct error *coroutine_of(
	struct program *program, const struct goroutine *goroutine, uint64_t *ret);

/* Whether the goroutine runs the iterator of a coro. */
bool goroutine_is_coroutine(struct program *program, const struct goroutine *goroutine);

/* The ID of the goroutine that runs the iterator of the coro at `coro`; 0 if it is unknown. */
struct error *coroutine_runner(struct program *program, uint64_t coro, uint64_t *ret);

/* NULL is allowed. */
void coroutines_destroy(struct coroutines *coroutines);

#endif
