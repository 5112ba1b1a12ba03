/*
 * Decodes the Done and Deadline methods of foreign context types. Private to the context files.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_METHOD_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_METHOD_H

#include "dbg/go/contexts/context_shape.h"

/*
 * Decodes the method at run-time address `code` of the type that `shape` describes. If its code is
 * too complicated, the fields of the type decide, if they leave only one possibility; otherwise the
 * result is METHOD_UNKNOWN.
 */
struct error *context_method_read(struct program *program, uint64_t code,
	const struct context_shape *shape, struct context_method *ret);

#endif
