/*
 * A forest of contexts while it is being put together. Private to the context files.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_STATE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_STATE_H

#include "dbg/go/contexts/context_find.h"
#include "dbg/go/contexts/context_index.h"

struct context_index;

/* What is known of a context besides struct context, while its forest is being built. */
struct context_link {
	const struct context_shape *shape;
	/* Of a foreign type: the contexts that its Done and its Deadline ask; CONTEXT_NONE. */
	ptrdiff_t done_of, deadline_of;
	uint64_t cancel;  /* or the address of the cancelCtx that Done asks; 0 none */
	bool own_channel; /* Done returns a channel of its own */
};

struct context_builder {
	struct program *program;
	struct context_types types;
	struct context_forest *forest; /* being filled; order of discovery until it is linked */
	size_t capacity;
	/* Parallel to forest->items. */
	struct context_link *links;
	size_t link_capacity;
	struct context_index index;
	const struct goroutine **stacks; /* goroutines by stack address; NULL: not needed yet */
	size_t stack_count;
	size_t decoded; /* contexts before this one have been read */
};

/* The number of the context of this shape at `address`, which is added when it is new and the
 * address can hold one; else CONTEXT_NONE. (context.c) */
struct error *context_builder_add(struct context_builder *builder,
	const struct context_shape *shape, uint64_t address, ptrdiff_t *ret);

/* Reads everything that context number `index` consists of; contexts that it names are added.
 * (context_decode.c) */
struct error *context_decode(struct context_builder *builder, size_t index);

/* Sorts, links parents, governors, states, deadlines and waiters. (context_link.c) */
struct error *context_link(struct context_builder *builder);

/* Who holds them: `refs` of heap and globals, and the live words of every stack.
 * (context_holders.c) */
struct error *context_find_holders(
	struct program *program, struct context_forest *forest, const struct iface_refs *refs);

#endif
