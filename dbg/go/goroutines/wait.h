/*
 * What a blocked goroutine waits on: channels, a lock, a timer, a file descriptor, a system call.
 *
 * Every result is exact or missing: channels come from the goroutine's own sudogs, semaphores from
 * the runtime's table of sleepers, and a file descriptor is only reported if its pollDesc points to
 * the goroutine.
 *
 * Sources: runtime/chan.go, select.go, sema.go, netpoll.go, time.go, releases 1.19 and 1.21
 * to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_WAIT_H
#define GCTXDBG_GO_GOROUTINES_WAIT_H

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
};

struct wait {
	enum wait_kind kind;
	uint64_t address; /* of the channel, lock or pollDesc; 0: a nil channel, or unknown */
	const char *op;	  /* "send", "recv", "lock", "rlock", "wait", "acquire", "sleep", "read" or
			     "write"; NULL: unknown */
	const char *type; /* element type of a channel; NULL: unknown. Belongs to the program */
	const char *name; /* of the system call; NULL: unknown. Belongs to the program */
	int64_t until_ns; /* when a sleep ends, on the target's monotonic clock; 0: unknown */
	int64_t fd;	  /* file descriptor of a network wait; -1: unknown */
};

/*
 * `*ret` is a malloc'ed array, empty if the goroutine does not wait, or waits on nothing that can
 * be named. `*ret_partial`: some could not be read (a torn or truncated core), so there may be
 * more.
 */
struct error *goroutine_waits(struct program *program, const struct goroutine *goroutine,
	struct wait **ret, size_t *ret_count, bool *ret_partial);

/* "chan", "mutex", "rwmutex", "waitgroup", "cond", "semaphore", "timer", "network", "syscall". */
const char *wait_kind_name(enum wait_kind kind);

#endif
