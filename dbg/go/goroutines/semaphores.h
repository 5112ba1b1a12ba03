/*
 * Who waits on which semaphore: the runtime's table of all sleepers (runtime/sema.go semtable).
 *
 * A goroutine blocked on a mutex, a WaitGroup or a semaphore does not point to it (before 1.27);
 * the table does. It is read once per stop.
 */
#ifndef GCTXDBG_GO_GOROUTINES_SEMAPHORES_H
#define GCTXDBG_GO_GOROUTINES_SEMAPHORES_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;
struct semaphores;

/* The address of the semaphore that the goroutine whose g is at `g` sleeps on; 0 when it is in no
 * queue. */
struct error *semaphore_of(struct program *program, uint64_t g, uint64_t *ret);
void semaphores_destroy(struct semaphores *semaphores);

#endif
