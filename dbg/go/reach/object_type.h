/*
 * What an object on the heap is.
 *
 * The runtime keeps the types of large objects only. What a small one is follows from what points
 * to it: an interface value names the type, a variable of a goroutine or package has one (DWARF),
 * and so has a field of an object whose own type is found in the same way. A closure begins with
 * the address of its function.
 *
 * Sources: runtime/mbitmap.go (malloc headers; mbitmap_allocheaders.go in 1.22),
 * runtime/runtime2.go (funcval), releases 1.19 and 1.21 to 1.27.
 */
#ifndef GCTXDBG_GO_REACH_OBJECT_TYPE_H
#define GCTXDBG_GO_REACH_OBJECT_TYPE_H

#include "dbg/go/types/type.h"

struct object_type {
	uint64_t address, size;	    /* in: base and bytes, as struct heap_object has them */
	const struct go_type *type; /* NULL: unknown, or a closure. Belongs to the program */
	uint64_t start;		    /* bytes before the value: the allocator's header */
	bool repeated;		    /* elements of `type`, as many as fit: what a slice points to */
	const char *function; /* of which it is a closure; NULL: none. Belongs to the program */
};

/*
 * Finds the types of `count` different objects. Looks through the whole heap, at most three times.
 * What cannot be told stays NULL; that is no error.
 */
struct error *program_object_types(
	struct program *program, struct object_type *objects, size_t count);

/*
 * The place of byte `offset` of the object as Go names it: ".conn.ctx", "[3].ctx"; empty when
 * the type is not known or it is the value's first byte and no field.
 */
struct error *object_type_path(struct program *program, const struct object_type *object,
	uint64_t offset, char *ret, size_t size);

#endif
