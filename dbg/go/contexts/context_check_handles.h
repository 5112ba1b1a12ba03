/*
 * Contexts that the program holds only through a function. The cancel function of a context and the
 * stop function of an AfterFunc are closures that point to it; a variable, an object (such as an
 * errgroup) or a deferred call keeps the closure. Private to context_check*.c.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_HANDLES_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_HANDLES_H

#include "dbg/go/contexts/context_check_state.h"

/*
 * Sets `used[i]` for each of the contexts `numbers` (ascending) that a referenced function can
 * cancel. The timer's own closure does not count: only the context's timer points to it
 * (context/context.go WithDeadline). Nor does a closure without references, which is garbage. If
 * memory is unreadable, all contexts count as used.
 */
struct error *check_mark_handles(
	struct check *check, const ptrdiff_t *numbers, size_t count, bool *used);

#endif
