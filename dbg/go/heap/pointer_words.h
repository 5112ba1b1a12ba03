/*
 * Which words of heap objects and of types are pointers, as the garbage collector sees them.
 *
 * The second word of an interface value is a pointer and the first is not, since what it points to
 * is never collected; only types that package reflect makes have both.
 *
 * Sources: runtime/mbitmap.go (1.19: two bits per word; 1.20 and 1.21: one), mbitmap_allocheaders.go
 * (1.22), mbitmap.go (since 1.23), mheap.go (heapArena), type.go (getGCMask), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_HEAP_POINTER_WORDS_H
#define GCTXDBG_GO_HEAP_POINTER_WORDS_H

#include "dbg/go/heap/heap.h"

enum pointer_word {
	WORD_UNKNOWN, /* the record cannot be read, or is of an unknown kind */
	WORD_SCALAR,
	WORD_POINTER,
};

/* What the collector takes the word at `address`, a multiple of 8 in the object, for. */
enum pointer_word heap_pointer_word(
	struct program *program, const struct heap_object *object, uint64_t address);

/*
 * Whether a value of the type with this descriptor can be at `address` in `object`: it fits, and
 * its pointers are where the collector looks for them. With `alone`, it must be at the start of the
 * object, and no pointers may follow it. True if the pointers are not known.
 */
bool heap_can_hold(struct program *program, const struct heap_object *object, uint64_t address,
	uint64_t descriptor, bool alone);

#endif
