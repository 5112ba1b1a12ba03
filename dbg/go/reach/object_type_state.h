/*
 * Objects whose types are being inferred. Private to object_type.c, which finds what points to
 * them, and object_type_infer.c, which infers a type from the location of a pointer.
 */
#ifndef GCTXDBG_GO_REACH_OBJECT_TYPE_STATE_H
#define GCTXDBG_GO_REACH_OBJECT_TYPE_STATE_H

#include "dbg/go/reach/object_type.h"
#include "dbg/go/program/program_state.h"

/* Parts of a map that have no Go type of their own: see object_type_infer_from_owner(). */
enum map_part { MAP_NONE, MAP_HEADER, MAP_DIRECTORY, MAP_TABLE };

struct inferred_object {
	struct object_type object;
	enum map_part part;
	const struct go_type *map; /* the map type, unless `part` is MAP_NONE */
	bool searched;		   /* memory has been searched for pointers to it */
	size_t uses;		   /* number of pointers recorded */
};

/* Sets the type of the object: a value of `type`, or with `repeated` an array of them. Ignored if
 * the size does not match or a better type is known. */
void object_type_propose(struct object_type *object, const struct go_type *type, bool repeated);

/* Infers the type of `inferred`, which byte `offset` of a value of `type` points to. */
struct error *object_type_infer_from(struct program *program, struct inferred_object *inferred,
	const struct go_type *type, uint64_t offset);

/* Infers the type of `inferred`, to which the word at `location` in the object `owner` points. */
struct error *object_type_infer_from_owner(struct program *program,
	struct inferred_object *inferred, const struct inferred_object *owner, uint64_t location);

#endif
