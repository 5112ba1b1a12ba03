/*
 * What the methods of a context type do that package context does not know. Private to the context
 * files.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_METHOD_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_METHOD_H

#include "dbg/go/contexts/context_shape.h"

/*
 * Reads the method at run-time address `code` of the type that `shape` describes. One whose code is
 * too complicated is METHOD_UNKNOWN, unless the type leaves only one thing that it can do.
 */
struct error *context_method_read(struct program *program, uint64_t code,
	const struct context_shape *shape, struct context_method *ret);

#endif
