/*
 * This folder tells what blocked goroutines wait on, and for how long (wait_time.h), and which of
 * them wait for a lock (lock_waiters.h) or for ever (forever.h).
 *
 * What a blocked goroutine waits on: channels, a lock, a timer, a file descriptor, a coroutine, a
 * system call.
 *
 * Every result is exact or missing: channels come from the goroutine's own sudogs, semaphores from
 * the runtime's table of sleepers, and a file descriptor is only reported if its pollDesc points to
 * the goroutine.
 *
 * Sources: runtime/chan.go, select.go, sema.go, netpoll.go, time.go, coro.go, releases 1.19
 * to 1.27.
 */
#ifndef GCTXDBG_GO_WAITS_WAIT_H
#define GCTXDBG_GO_WAITS_WAIT_H

#include "dbg/go/goroutines/goroutine.h"

enum wait_kind {
	WAIT_CHANNEL,
	WAIT_MUTEX,
	WAIT_RWMUTEX,
	WAIT_GROUP,
	WAIT_COND,
	WAIT_SEMAPHORE,
	WAIT_TIMER,
	WAIT_NETWORK,
	WAIT_SYSCALL,
	WAIT_COROUTINE,
};

struct wait {
	enum wait_kind kind;
	uint64_t address; /* of the channel, lock or pollDesc; 0: a nil channel, or unknown */
	const char *op;	  /* "send", "recv", "lock", "rlock", "wait", "acquire", "sleep", "read",
			     "write", "next" (the iterator to yield) or "yield" (a call of next);
			     NULL: unknown */
	const char *type; /* element type of a channel; NULL: unknown. Belongs to the program */
	const char *name; /* of the system call; NULL: unknown. Belongs to the program */
	/* When a sleep ends or the channel's timer fires, on the target's monotonic clock (in a
	 * synctest bubble: bubble_time() in timers.h); 0: unknown, or the timer is stopped. */
	int64_t until_ns;
	bool timer;    /* the channel belongs to a timer */
	int64_t fd;    /* file descriptor of a network wait; -1: unknown */
	uint64_t goid; /* the goroutine that runs the coroutine; 0: unknown */
};

/*
 * The first channel of a select is the one that says most: a channel of values, then one of a
 * timer, then one of empty structs, as Done returns; otherwise in the order of the cases.
 *
 * `*ret` is a malloc'ed array, empty if the goroutine does not wait, or waits on nothing that can
 * be named. `*ret_partial`: some could not be read (a torn or truncated core), so there may be
 * more.
 */
struct error *goroutine_waits(struct program *program, const struct goroutine *goroutine,
	struct wait **ret, size_t *ret_count, bool *ret_partial);

/* "chan", "mutex", "rwmutex", "waitgroup", "cond", "semaphore", "timer", "network", "syscall",
 * "coroutine". */
const char *wait_kind_name(enum wait_kind kind);

#endif
