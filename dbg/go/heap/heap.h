/*
 * The garbage-collected heap: which addresses are objects, their size, and whether they are in use.
 *
 * This folder reads the spans and finds objects in them (heap.h), and searches memory for words in
 * a range (word_range.h). It uses dbg/go/program, and does not know the types of objects.
 *
 * Sources: runtime/mheap.go (mspan, mheap.allspans), mbitmap.go and mgcsweep.go (whether allocation
 * or mark bits are valid, by sweep generation), mgcmark_greenteagc.go (mark bits inside the
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
	uint64_t bits;	      /* address of the bitmap of live objects; 0: none */
	uint64_t inline_bits; /* of a second bitmap, to be or-ed; 0: none */
	uint64_t free_index;  /* objects below are in use whatever the bits are */
	bool no_pointers;     /* its objects contain no pointers */
};

struct heap_object {
	uint64_t address, size;
	bool in_use; /* allocated, and not found dead by the last collection */
	bool no_pointers;
};

/* Frees what program_heap() loaded; NULL is allowed. */
void heap_destroy(struct heap *heap);

/* All spans in use, sorted by address; read once per stop. `*ret_partial`: some could not be read.
 * The array belongs to the program. */
struct error *program_heap(struct program *program, const struct heap_span **ret, size_t *ret_count,
	bool *ret_partial);

/* The span that contains `address`, or NULL. The first call reads the heap. */
const struct heap_span *heap_span_at(struct program *program, uint64_t address);
/* Whether object number `index` of the span is allocated. */
bool heap_index_in_use(struct program *program, const struct heap_span *span, uint64_t index);

/* The object that contains `address`; false if no span does. The first call reads the heap. */
bool heap_object_at(struct program *program, uint64_t address, struct heap_object *ret);

#endif
