/*
 * The garbage-collected heap: which addresses are objects, their size, and whether they are in use.
 *
 * This folder reads the spans and finds objects in them (heap.h), and searches memory for words in
 * a range (word_range.h). It uses dbg/go/program, and does not know the types of objects.
 *
 * Sources: runtime/mheap.go (mspan, mheap.allspans), mbitmap.go and mgcsweep.go (whether allocation
 * or mark bits are valid, by sweep generation), mgcmark_greenteagc.go (mark bits inside the
 * span), mbitmap*.go (pointer bitmaps and type headers), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_HEAP_HEAP_H
#define GCTXDBG_GO_HEAP_HEAP_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct heap;
struct program;

enum pointer_record {
	POINTERS_UNKNOWN,
	POINTERS_ARENA_PAIRS, /* two bits per word, in the arena's bitmap (1.19) */
	POINTERS_ARENA,	      /* a bit per word, in the arena's bitmap (1.20 and 1.21) */
	POINTERS_BITMAP,      /* a bit per word, in the span */
	POINTERS_HEADER,      /* each object begins with the address of its type */
	POINTERS_TYPE,	      /* the span has the address of the type */
};

/* A span in use for objects. */
struct heap_span {
	uint64_t start;	      /* of the first object */
	uint64_t end;	      /* past the last object */
	uint64_t object_size; /* bytes */
	uint64_t object_count;
	/* Addresses of bitmaps; 0: none. An object is in use if it is in any of them. */
	uint64_t bits[3];
	uint64_t free_index; /* objects below are in use whatever the bits are */
	bool no_pointers;    /* its objects contain no pointers */
	/* Where the runtime records which words of its objects are pointers; see pointer_words.h. */
	enum pointer_record pointers;
	uint64_t record; /* address of the bitmap, or of the type of the only object */
};

struct heap_object {
	uint64_t address, size;
	bool in_use; /* allocated, and not found dead by the last collection */
	bool no_pointers;
	const struct heap_span *span;
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
