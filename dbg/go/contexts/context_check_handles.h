/*
 * Contexts that a program holds by a function only: the cancel function of a context, or the stop
 * function of an AfterFunc, is a closure that points to it, kept in a variable, an object (an
 * errgroup has one) or a deferred call. Private to context_check*.c.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_HANDLES_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_HANDLES_H

#include "dbg/go/contexts/context_check_state.h"

/*
 * Sets `used[i]` of each of the contexts `numbers` (ascending) that a function which something
 * points to can end. The function that only the context's own timer points to is none: it is the
 * timer's (context/context.go WithDeadline). A closure that nothing points to is none either, it
 * waits for the collector. Where some memory cannot be read all count as used.
 */
struct error *check_mark_handles(
	struct check *check, const ptrdiff_t *numbers, size_t count, bool *used);

#endif
