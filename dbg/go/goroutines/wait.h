/*
 * What a blocked goroutine waits on: the channels, the lock, the timer, the descriptor, the system
 * call.
 *
 * Every answer is exact or missing: channels come from the goroutine's own sudogs, semaphores from
 * the runtime's table of sleepers, a network descriptor only when its pollDesc names the goroutine.
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
	uint64_t address; /* of the channel, the lock, the pollDesc; 0: a nil channel, or unknown */
	const char *op;	  /* "send", "recv", "lock", "rlock", "wait", "sleep", "read", "write"; NULL
			     unknown */
	const char *type; /* element type of a channel; NULL unknown. Belongs to the program */
	const char *name; /* of the system call; NULL unknown. Belongs to the program */
	int64_t until_ns; /* when a sleep ends, on the target's monotonic clock; 0 unknown */
	int64_t fd;	  /* descriptor of a network wait; -1 unknown */
};

/*
 * Fills `*ret` with a malloc'ed array, empty when the goroutine does not wait or on nothing that
 * can be named. `*ret_partial`: some
 * of it could not be read (a torn or cut core), so there may be more.
 */
struct error *goroutine_waits(struct program *program, const struct goroutine *goroutine,
	struct wait **ret, size_t *ret_count, bool *ret_partial);

/* "chan", "mutex", "rwmutex", "waitgroup", "cond", "semaphore", "timer", "network", "syscall". */
const char *wait_kind_name(enum wait_kind kind);

#endif
