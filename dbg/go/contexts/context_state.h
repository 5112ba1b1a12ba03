/*
 * A forest of contexts under construction. Private to the context files.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_STATE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_STATE_H

#include "dbg/go/contexts/context_find.h"
#include "dbg/go/contexts/context_index.h"

struct context_index;
struct context_methods;

/* What is known of a context only while its forest is being built. */
struct context_link {
	const struct context_shape *shape;
	/* Foreign types: the contexts that its Done and Deadline delegate to; CONTEXT_NONE. */
	ptrdiff_t done_of, deadline_of;
	uint64_t cancel;  /* or the address of the cancelCtx that Done delegates to; 0: none */
	bool own_channel; /* Done returns a channel of its own */
	bool never;	  /* Done returns nil */
};

/* Where the contexts of a forest are: searching the contexts themselves, which are large, would be
 * slow. */
struct context_places {
	struct address_index addresses;
	uint32_t *sizes; /* at most UINT32_MAX */
};

/* NULL is allowed. (context_forest.c) */
void context_places_destroy(struct context_places *places);
/* Of contexts sorted by address. (context_forest.c) */
struct error *context_places_create(
	const struct context *items, size_t count, struct context_places **ret);
/* The number of a context whose own memory contains `address`; CONTEXT_NONE. `largest`: of all
 * sizes. (context_forest.c) */
ptrdiff_t context_containing(
	const struct context_forest *forest, uint64_t address, uint64_t largest);

struct context_builder {
	struct program *program;
	struct context_types types;
	struct context_methods *methods;
	struct context_forest *forest; /* in order of discovery until context_link() sorts it */
	size_t capacity;
	struct context_link *links; /* parallel to forest->items */
	size_t link_capacity;
	struct context_index index;
	size_t decoded; /* contexts before this number have been decoded */
};

/* The number of the context of this shape at `address`. It is added if it is new and the address
 * can hold one; otherwise `*ret` is CONTEXT_NONE. (context.c) */
struct error *context_builder_add(struct context_builder *builder,
	const struct context_shape *shape, uint64_t address, ptrdiff_t *ret);

/* Makes references to the own cancelCtx of context `number`, whose body is at `body`, references to
 * the context, if that is an object of its own. (context.c) */
struct error *context_builder_add_cancel(
	struct context_builder *builder, size_t number, const uint8_t *body);

/* Whether the address can hold a context of this shape that is not known yet. (context.c) */
bool context_is_new(
	const struct context_builder *builder, const struct context_shape *shape, uint64_t address);
/* Whether it is in the executable's data. (context.c) */
bool context_is_static(
	const struct context_builder *builder, const struct context_shape *shape, uint64_t address);

/*
 * Adds the contexts that only live words of stacks refer to. An itab is no pointer for the
 * compiler's stack maps: an unused slot with a stale one, followed by a live pointer, looks like a
 * context. Sets `*ret_partial`, if some memory could not be read. (context_stacks.c)
 */
struct error *context_add_from_stacks(struct context_builder *builder, bool *ret_partial);

/* Decodes context number `index` and adds the contexts that it refers to. (context_decode.c) */
struct error *context_decode(struct context_builder *builder, size_t index);

/* Sorts the contexts and resolves parents, done sources, states, deadlines and waiters.
 * (context_link.c) */
struct error *context_link(struct context_builder *builder);

/* Fills the forest's holders from `refs` in heap and globals, which it frees, and from the roots of
 * every stack. (context_holders.c) */
struct error *context_find_holders(
	struct program *program, struct context_forest *forest, struct iface_refs *refs);

#endif
