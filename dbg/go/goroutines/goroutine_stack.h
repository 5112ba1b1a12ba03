/*
 * The stack of a goroutine or a thread: finds where unwinding starts and what bounds it, and has it
 * walked by dbg/go/stacks.
 */
#ifndef GCTXDBG_GO_GOROUTINES_GOROUTINE_STACK_H
#define GCTXDBG_GO_GOROUTINES_GOROUTINE_STACK_H

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/stacks/stack.h"
#include "dbg/go/stacks/stack_roots.h"

/*
 * Unwinds into `ret` (emptied first). A stack that cannot be followed to its end is not an error:
 * the frames found are in `ret` and `ret->problem` says why it ends.
 */
struct error *goroutine_stack(
	struct program *program, const struct goroutine *goroutine, struct stack *ret);

/* The same for a thread, starting at its registers: includes what it runs on top of the goroutine's
 * own frames. */
struct error *thread_stack(struct program *program, const struct thread *thread, struct stack *ret);

/*
 * Reads the used parts of the first STACKS_PREFETCH of these goroutines' stacks (up to a size that
 * usually suffices) into the cache with few large reads, with `waits` also what they wait on, and
 * starts to read those of the next ones in the background. Only a hint.
 */
enum { STACKS_PREFETCH = 1024 };
struct error *goroutine_stacks_prefetch(struct program *program,
	const struct goroutine *const *goroutines, size_t count, bool waits);

/*
 * The goroutine's roots: those of its stack (see stack_roots.h), and what the runtime keeps for it:
 * deferred calls, panics, the closure that it starts with. `stack` is the goroutine's, from
 * goroutine_stack(). Fills `ret` (zero-initialised or used before; emptied first; free `items`).
 */
struct error *goroutine_stack_roots(struct program *program, const struct goroutine *goroutine,
	const struct stack *stack, struct stack_roots *ret);

#endif
