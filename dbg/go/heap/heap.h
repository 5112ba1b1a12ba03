/*
 * The garbage-collected heap: which addresses are objects, how large, and whether they are in use.
 *
 * Sources: runtime/mheap.go (mspan, mheap.allspans), mbitmap.go and mgcsweep.go (which of
 * allocation and mark bits tells, by sweep generation), mgcmark_greenteagc.go (mark bits inside the
 * span), releases 1.19 and 1.21 to 1.27.
 */
#ifndef GCTXDBG_GO_HEAP_HEAP_H
#define GCTXDBG_GO_HEAP_HEAP_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct heap;
struct program;

/* A span in use for objects. */
struct heap_span {
	uint64_t start;	      /* of the first object */
	uint64_t end;	      /* past the last object */
	uint64_t object_size; /* bytes */
	uint64_t object_count;
	uint64_t bits;	      /* where the bits lie that tell live objects; 0: none */
	uint64_t inline_bits; /* more of them, to be or-ed; 0: none */
	uint64_t free_index;  /* objects below are in use whatever the bits say */
	bool no_pointers;     /* its objects hold none */
};

struct heap_object {
	uint64_t address, size;
	bool in_use; /* allocated, and not found dead by the last collection */
	bool no_pointers;
};

/* Frees what program_heap() loaded; NULL is allowed. */
void heap_destroy(struct heap *heap);

/* All spans in use, sorted by address; loaded once per stop. `*ret_partial`: some could not be
 * read. The array belongs to the program. */
struct error *program_heap(struct program *program, const struct heap_span **ret, size_t *ret_count,
	bool *ret_partial);

/* The span that `address` lies in, or NULL; the first call loads the heap. */
const struct heap_span *heap_span_at(struct program *program, uint64_t address);
/* Whether the object with this number in the span is allocated. */
bool heap_index_in_use(struct program *program, const struct heap_span *span, uint64_t index);

/* The object that `address` lies in; false when it lies in no span. Loads the heap if need be. */
bool heap_object_at(struct program *program, uint64_t address, struct heap_object *ret);

#endif
