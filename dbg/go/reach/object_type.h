/*
 * The types of objects on the heap.
 *
 * The runtime records the types of large objects only. The type of a small one is inferred from
 * what points to it: the itab or type of an interface value; the type of a variable of a goroutine
 * or package (DWARF); or the field of another object, whose type is inferred in the same way. A
 * closure begins with the address of its function.
 *
 * Sources: runtime/mbitmap.go (malloc headers; mbitmap_allocheaders.go in 1.22),
 * runtime/runtime2.go (funcval), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_REACH_OBJECT_TYPE_H
#define GCTXDBG_GO_REACH_OBJECT_TYPE_H

#include "dbg/go/types/type.h"

struct object_type {
	uint64_t address, size;	    /* input: base and size in bytes, as in struct heap_object */
	const struct go_type *type; /* NULL: unknown, or a closure. Belongs to the program */
	uint64_t start;		    /* bytes before the value: the allocator's header */
	bool repeated;		    /* an array of `type` that fills the object */
	const char *function;	    /* a closure's function; else NULL. Belongs to the program */
};

/*
 * Infers the types of `count` different objects. Scans the whole heap at most five times. A type
 * that cannot be inferred stays NULL, which is not an error.
 */
struct error *program_object_types(
	struct program *program, struct object_type *objects, size_t count);

/*
 * Writes the path to byte `offset` of the object as Go does: ".conn.ctx", "[3].ctx". It is empty if
 * the type is unknown, or if the byte is the first one of a value without fields.
 */
struct error *object_type_path(struct program *program, const struct object_type *object,
	uint64_t offset, char *ret, size_t size);

#endif
