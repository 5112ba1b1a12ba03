/*
 * What a context type consists of: where its parent, its channel, its error, its children and its
 * key and value lie. Worked out once per type from its fields' names and types. Private to the
 * context files.
 *
 * Sources: context/context.go, os/signal/signal.go, releases 1.19 and 1.21 to 1.27. cancelCtx.err
 * is an error until 1.24 and an atomic.Value since; done is an atomic.Value in all of them.
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
	METHOD_UNKNOWN, /* too complicated to be read from its code, or not in the program */
	METHOD_NIL,	/* always returns nothing */
	METHOD_FIELD,	/* returns what lies at `path` */
	METHOD_CONTEXT, /* asks the context in the interface value at `path` */
	METHOD_CANCEL,	/* asks the cancelCtx that starts where `path` leads */
};

/* What a context's method does, read from its code. */
struct context_method {
	enum method_kind kind;
	struct code_path path; /* from the data word of the interface */
};

struct context_shape {
	uint64_t descriptor; /* of the dynamic type: the key */
	const struct go_type *type;
	const struct go_type *body; /* the struct that the data word points to, or that it is
				       (`inline_body`); NULL: no struct */
	bool inline_body;
	uint64_t size; /* bytes behind the data word */
	enum context_kind kind;
	enum parent_location parent;
	int64_t parent_offset;
	const struct go_type *parent_type;
	bool embeds; /* the parent is embedded, not only held */
	/* In `body`; NO_OFFSET: none. */
	int64_t cancel; /* a cancelCtx of its own; the next five are parts of it */
	int64_t mutex, done, err, cause, children;
	bool err_is_atomic;
	const struct go_type *children_type;
	int64_t deadline, key, value, after_func;
	/* Of types that package context does not know. */
	struct context_method done_method, deadline_method;
};

/*
 * Works `ret` out for the context type `type` with the descriptor `descriptor`. `code` is
 * where its methods Deadline and Done are, as its itab says; 0 unknown. `is_context` tells whether
 * a pointer type is a context itself.
 */
struct error *context_shape_load(struct program *program, uint64_t descriptor,
	const uint64_t code[2], bool (*is_context)(void *context, const struct go_type *type),
	void *context, struct context_shape *ret);

#endif
