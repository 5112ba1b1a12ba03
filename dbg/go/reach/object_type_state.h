/*
 * Objects whose types are being found out. Private to object_type.c, which finds who points to
 * them, and object_type_infer.c, which knows what a pointer's own place tells.
 */
#ifndef GCTXDBG_GO_REACH_OBJECT_TYPE_STATE_H
#define GCTXDBG_GO_REACH_OBJECT_TYPE_STATE_H

#include "dbg/go/reach/object_type.h"
#include "dbg/go/program/program_state.h"

/* Parts of a map that have no Go type of their own here: see object_type_infer_from_owner(). */
enum map_part { MAP_NONE, MAP_HEADER, MAP_DIRECTORY, MAP_TABLE };

struct inferred_object {
	struct object_type object;
	enum map_part part;
	const struct go_type *map; /* that it is a part of */
	bool searched;		   /* for what points to it */
	size_t uses;		   /* noted */
};

/* The object starts with a value of `type`, or (`repeated`) consists of such. Ignored when that
 * cannot be. */
void object_type_propose(struct object_type *object, const struct go_type *type, bool repeated);

/* The object is pointed to from byte `offset` of a value of `type`. */
struct error *object_type_infer_from(struct program *program, struct inferred_object *known,
	const struct go_type *type, uint64_t offset);

/* The object is pointed to from `location` inside the object `owner`. */
struct error *object_type_infer_from_owner(struct program *program, struct inferred_object *known,
	const struct inferred_object *owner, uint64_t location);

#endif
