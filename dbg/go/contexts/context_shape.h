/*
 * The layout of a context type: the offsets of its parent, channel, error, children, key and value.
 * Computed once per type from the names and types of its fields. Private to the context files.
 *
 * Sources: context/context.go, os/signal/signal.go, releases 1.19 to 1.27. cancelCtx.err is an error
 * up to 1.24 and an atomic.Value since 1.25; done is an atomic.Value in all of them. timerCtx embeds
 * its cancelCtx, but in 1.20 a pointer to it.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_SHAPE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_SHAPE_H

#include "dbg/go/contexts/context.h"
#include "dbg/go/types/itabs.h"

enum parent_location {
	PARENT_INTERFACE, /* an interface value */
	PARENT_POINTER,	  /* a pointer to a context of type `type` */
};

enum { NO_OFFSET = -1, MAX_PARENTS = 4 };

/* A field of the body that is, or could be, the parent. */
struct parent_field {
	enum parent_location location;
	uint64_t offset;
	const struct go_type *type;
	int64_t pointer; /* the field is in the struct that the pointer at this offset of the body
			    points to; NO_OFFSET: it is in the body */
};

/* The methods that are run to see what a foreign context does; an itab begins with them. */
enum context_method { CONTEXT_DEADLINE, CONTEXT_DONE, CONTEXT_METHODS };

struct context_shape {
	uint64_t descriptor; /* of the dynamic type: the key */
	const struct go_type *type;
	/* The type that the data word points to, or, with `inline_body`, that it holds itself. */
	const struct go_type *body;
	bool inline_body;
	uint64_t size; /* bytes that the data word points to */
	enum context_kind kind;
	/* Of several, the parent is the one to which the type's own Done delegates, or the first. */
	struct parent_field parents[MAX_PARENTS];
	size_t parent_count;
	/* Offsets in `body`; NO_OFFSET: it has none. */
	int64_t cancel; /* of its own cancelCtx; `mutex` to `children` are fields of it */
	/* If that is another object: the offset of the pointer to it, and its size. Its fields
	 * count as following the body: `cancel` is the size of the body. */
	int64_t cancel_pointer;
	uint64_t cancel_size;
	int64_t mutex, done, err, cause, children;
	bool err_is_atomic;
	const struct go_type *children_type;
	int64_t deadline, timer, key, value, after_func;
	uint64_t code[CONTEXT_METHODS]; /* run-time addresses; 0: unknown */
};

/* What is known of other context types while the shape of one is computed. */
struct context_lookup {
	/* Whether `type` is a context type; `*ret_done` is the code of its Done, 0 if unknown. */
	bool (*is_context)(void *context, const struct go_type *type, uint64_t *ret_done);
	void *context;
};

/*
 * Computes the shape of the context type with this descriptor. `code` holds the addresses of its
 * methods from its itab; 0: unknown.
 */
struct error *context_shape_load(struct program *program, uint64_t descriptor,
	const uint64_t code[CONTEXT_METHODS], const struct context_lookup *lookup,
	struct context_shape *ret);

/*
 * Sets the fields of `shape`, whose body is a struct, that say where its parent is
 * (context_parent.c).
 */
struct error *context_parent_find(
	struct program *program, const struct context_lookup *lookup, struct context_shape *shape);

/* Bytes of the body, and of the cancelCtx that follows it. */
static inline uint64_t context_shape_bytes(const struct context_shape *shape)
{
	return shape->body->size + shape->cancel_size;
}

/* Reads them of the context at `address` into `ret`. */
struct error *context_shape_read(
	struct program *program, const struct context_shape *shape, uint64_t address, uint8_t *ret);

/* Reads the word at the offset `offset` of a field. */
struct error *context_shape_word(struct program *program, const struct context_shape *shape,
	uint64_t address, int64_t offset, uint64_t *ret);

#endif
