/*
 * The layout of a context type: the offsets of its parent, channel, error, children, key and value.
 * Computed once per type from the names and types of its fields. Private to the context files.
 *
 * Sources: context/context.go, os/signal/signal.go, releases 1.19 and 1.21 to 1.27. cancelCtx.err
 * is an error up to 1.24 and an atomic.Value since 1.25; done is an atomic.Value in all of them.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_SHAPE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_SHAPE_H

#include "dbg/go/contexts/context.h"
#include "dbg/go/types/itabs.h"
#include "dwarf/code/code_getter.h"

enum parent_location {
	PARENT_NONE,
	PARENT_INTERFACE, /* an interface value at `parent_offset` */
	PARENT_POINTER,	  /* a pointer to a context of type `parent_type` there */
};

enum { NO_OFFSET = -1 };

enum method_kind {
	METHOD_UNKNOWN, /* its code is too complicated, or not in the program */
	METHOD_NIL,	/* always returns the zero value */
	METHOD_FIELD,	/* returns the field at `path` */
	METHOD_CONTEXT, /* delegates to the context in the interface value at `path` */
	METHOD_CANCEL,	/* delegates to the cancelCtx at the address that `path` leads to */
};

/* What a context's method does, decoded from its code. */
struct context_method {
	enum method_kind kind;
	struct code_path path; /* from the data word of the interface */
};

struct context_shape {
	uint64_t descriptor; /* of the dynamic type: the key */
	const struct go_type *type;
	/* The type that the data word points to, or, with `inline_body`, that it holds itself. */
	const struct go_type *body;
	bool inline_body;
	uint64_t size; /* bytes that the data word points to */
	enum context_kind kind;
	enum parent_location parent;
	int64_t parent_offset;
	const struct go_type *parent_type;
	bool embeds; /* the parent is an embedded field, not a named one */
	/* Offsets in `body`; NO_OFFSET: it has none. */
	int64_t cancel; /* of its own cancelCtx; the next five are fields of it */
	int64_t mutex, done, err, cause, children;
	bool err_is_atomic;
	const struct go_type *children_type;
	int64_t deadline, key, value, after_func;
	/* Foreign types only. */
	struct context_method done_method, deadline_method;
};

/*
 * Computes the shape of the context type with this descriptor. `code` holds the addresses of its
 * methods Deadline and Done from its itab; 0 unknown. `is_context`, called with `context`, returns
 * whether a pointer type is itself a context type.
 */
struct error *context_shape_load(struct program *program, uint64_t descriptor,
	const uint64_t code[2], bool (*is_context)(void *context, const struct go_type *type),
	void *context, struct context_shape *ret);

#endif
