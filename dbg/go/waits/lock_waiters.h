/*
 * Which goroutines wait for a lock: a Mutex, RWMutex, WaitGroup, Once or Cond of package sync.
 */
#ifndef GCTXDBG_GO_WAITS_LOCK_WAITERS_H
#define GCTXDBG_GO_WAITS_LOCK_WAITERS_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

/*
 * The IDs of the goroutines that sleep on a semaphore or a list of waiters in the `size` bytes at
 * `address`, in ascending order; `*ret` is malloc'ed.
 */
struct error *lock_waiters(struct program *program, uint64_t address, uint64_t size, uint64_t **ret,
	size_t *ret_count);

#endif
