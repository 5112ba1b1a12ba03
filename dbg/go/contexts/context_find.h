/*
 * Finds the interface values of context types in live memory. Private to the context files.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_FIND_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_FIND_H

#include "dbg/go/contexts/context_index.h"
#include "dbg/go/contexts/context_shape.h"
#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/heap/heap.h"

/* The context types of the program, and the itabs that identify them in memory. */
struct context_types {
	struct itab *itabs; /* all of the program's, sorted by address */
	size_t itab_count;
	/* Those of context.Context and context.canceler, also sorted by address. */
	struct itab *context_itabs;
	size_t context_itab_count;
	uint64_t canceler; /* descriptor of the interface context.canceler; 0: not used */
	uint64_t channel;  /* descriptor of chan struct {}; 0: unknown */
	struct context_shape *shapes; /* sorted by descriptor */
	size_t shape_count;
	bool partial; /* some types or itabs could not be read */
};

/* ERROR_NOT_FOUND if no type of the program is a context. Free with context_types_deinit(). */
struct error *context_types_load(struct program *program, struct context_types *ret);
void context_types_deinit(struct context_types *types);
/* The shape of the type with this descriptor; NULL if it is not a context type. */
const struct context_shape *context_types_shape(
	const struct context_types *types, uint64_t descriptor);
/* Package context's own type of this kind; NULL if the program does not use it. */
const struct context_shape *context_types_of_kind(
	const struct context_types *types, enum context_kind kind);
/* The itab at `address`; NULL if there is none, or not one of a context. */
const struct itab *context_types_itab(const struct context_types *types, uint64_t address);
/* Whether there is an itab of any type at `address`. */
bool context_types_is_itab(const struct context_types *types, uint64_t address);
/* The type descriptor in the itab `itab`, of any non-empty interface; 0 unknown. */
uint64_t context_types_dynamic(
	const struct context_types *types, struct program *program, uint64_t itab);

/* An interface value that refers to a context. */
struct iface_ref {
	uint64_t location; /* address of its first word */
	uint64_t data;	   /* its data word */
	const struct context_shape *shape;
	const struct goroutine *goroutine; /* HOLDER_GOROUTINE */
	enum holder_kind kind;
	bool canceler; /* its first word is an itab of context.canceler */
	bool garbage;  /* the memory that contains it is not in use */
};

struct iface_refs {
	struct iface_ref *items;
	size_t count, capacity;
	/*
	 * Addresses in heap objects in use that hold a chan struct {} as an any. A cancelCtx does
	 * so once its Done has been called, whatever refers to it.
	 */
	uint64_t *channels;
	size_t channel_count, channel_capacity;
	bool partial; /* some memory could not be read */
};

void iface_refs_deinit(struct iface_refs *refs);

/* Scans heap and globals. Free with iface_refs_deinit(). */
struct error *iface_refs_find(
	struct program *program, const struct context_types *types, struct iface_refs *ret);

/*
 * Scans the used part of each stack, dead words included, for references to contexts that `known`
 * does not have: a million goroutines refer mostly to known ones. Grouped by goroutine; free with
 * iface_refs_deinit().
 */
struct error *iface_refs_find_on_stacks(struct program *program, const struct context_types *types,
	const struct context_index *known, struct iface_refs *ret);

#endif
