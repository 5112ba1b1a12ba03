/*
 * Finding who points to some addresses: words of live heap objects, of globals and of live parts of
 * stacks, whatever their type.
 *
 * What is alive: as heap.h and stack_roots.h say. The runtime's Ps (runtime/runtime2.go p) are left
 * out: their write barrier buffers keep old pointers (runtime/mwbbuf.go, releases 1.19 to 1.27).
 */
#ifndef GCTXDBG_GO_REACH_FIND_POINTERS_H
#define GCTXDBG_GO_REACH_FIND_POINTERS_H

#include "dbg/go/heap/heap.h"

struct pointer_use {
	size_t target;	   /* index of the address that the word has as its value */
	uint64_t location; /* of the word */
	uint64_t object;   /* the heap object that it lies in; 0: a global or a stack */
	uint64_t before;   /* the word before it in the heap or among the globals; else 0 */
};

/*
 * Calls `visit` for every word that has one of `targets` (ascending) as its value, in the heap, and
 * with `everywhere` among the globals and on the stacks too. The first error of `visit` ends the
 * search and is returned. Memory that cannot be read is left out; `*ret_partial` tells.
 */
struct error *find_pointers(struct program *program, const uint64_t *targets, size_t count,
	bool everywhere, struct error *(*visit)(void *context, const struct pointer_use *use),
	void *context, bool *ret_partial);

#endif
