/*
 * Which goroutine waits on which semaphore: the runtime's table of sleepers (runtime/sema.go
 * semtable).
 *
 * Before 1.27 a goroutine blocked on a mutex, a WaitGroup or a semaphore does not point to it; only
 * this table does. It is read once per stop.
 */
#ifndef GCTXDBG_GO_GOROUTINES_SEMAPHORES_H
#define GCTXDBG_GO_GOROUTINES_SEMAPHORES_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;
struct semaphores;

/* The address of the semaphore on which the goroutine whose g is at `g` sleeps; 0: none. */
struct error *semaphore_of(struct program *program, uint64_t g, uint64_t *ret);
/* NULL is allowed. */
void semaphores_destroy(struct semaphores *semaphores);

#endif
