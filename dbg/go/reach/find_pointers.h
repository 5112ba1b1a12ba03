/*
 * Reachability: what in the whole program refers to an address.
 *
 * This folder searches live memory for pointers (this file) and infers the types of heap objects
 * from them (object_type.h). It uses goroutines, values, types, the heap and stacks, knows nothing
 * about contexts, and prints nothing.
 *
 * find_pointers() finds the words of live heap objects, of globals and of live parts of stacks that
 * have certain addresses as their values, whatever their types. heap.h and stack_roots.h define
 * what is live. The runtime's Ps (runtime/runtime2.go p) are left out, because their write barrier
 * buffers keep old pointers (runtime/mwbbuf.go, releases 1.19 to 1.27).
 */
#ifndef GCTXDBG_GO_REACH_FIND_POINTERS_H
#define GCTXDBG_GO_REACH_FIND_POINTERS_H

#include "dbg/go/heap/heap.h"

struct pointer_use {
	size_t target;	   /* index in `targets` of the address that the word points to */
	uint64_t location; /* address of the word */
	uint64_t object;   /* the heap object that contains it; 0: a global or a stack */
	uint64_t before;   /* the word before it, in the heap and in globals; else 0 */
};

/*
 * Calls `visit` for each word of the heap, and with `everywhere` of globals and stacks, that is one
 * of the `count` addresses in `targets` (ascending). The first error of `visit` ends the search and
 * is returned. Unreadable memory is skipped and sets `*ret_partial`.
 */
struct error *find_pointers(struct program *program, const uint64_t *targets, size_t count,
	bool everywhere, struct error *(*visit)(void *context, const struct pointer_use *use),
	void *context, bool *ret_partial);

#endif
