/* Infers an object's type from the location of a pointer to it: see object_type_state.h. */
#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/reach/object_type_state.h"

enum { MAX_NESTING = 32 }; /* of structs and arrays */

/*
 * Size classes leave little room unused: a type that fills less than two thirds of the object is
 * that of its first field, or of an earlier object at this address. Of two types that match, the
 * larger contains the smaller.
 */
void object_type_propose(struct object_type *object, const struct go_type *type, bool repeated)
{
	uint64_t room = object->size - object->start;
	bool fits = type->size && type->size <= room &&
		    (repeated || room <= 16 || type->size * 3 > room * 2);
	if (object->function || !fits)
		return;
	if (!object->type || (object->repeated && !repeated) ||
		(object->repeated == repeated && type->size > object->type->size)) {
		object->type = type;
		object->repeated = repeated;
	}
}

/* The field or array element that contains a byte of a value. */
struct part {
	const struct go_type *type; /* NULL: nothing contains it (a scalar, or padding) */
	uint64_t offset;	    /* of the byte, in the part */
	const char *field;	    /* NULL: element `index` of an array */
	uint64_t index;
};

static struct error *part_at(
	struct program *program, const struct go_type *type, uint64_t offset, struct part *ret)
{
	const struct go_type *element;
	const struct go_field *fields;
	size_t count;
	struct error *err = NULL;
	*ret = (struct part){0};
	if (type->kind == GO_ARRAY) {
		err = go_type_element(program, type, &element);
		if (!err && element->size)
			*ret = (struct part){
				element, offset % element->size, NULL, offset / element->size};
	} else if (type->kind == GO_STRUCT) {
		err = go_type_fields(program, type, &fields, &count);
		for (size_t i = 0; !err && !ret->type && i < count; i++) {
			if (offset - fields[i].offset < fields[i].type->size)
				*ret = (struct part){fields[i].type, offset - fields[i].offset,
					fields[i].name, 0};
		}
	}
	return err;
}

/* The type of the scalar at `offset` of `type`; NULL if none starts there. */
static struct error *leaf_at(struct program *program, const struct go_type *type, uint64_t offset,
	const struct go_type **ret)
{
	struct error *err = NULL;
	*ret = NULL;
	for (int i = 0; !err && type && i < MAX_NESTING && offset < type->size; i++) {
		struct part part;
		if (type->kind != GO_ARRAY && type->kind != GO_STRUCT) {
			*ret = offset ? NULL : type;
			return NULL;
		}
		err = part_at(program, type, offset, &part);
		type = part.type;
		offset = part.offset;
	}
	return err;
}

struct error *object_type_infer_from(struct program *program, struct inferred_object *inferred,
	const struct go_type *type, uint64_t offset)
{
	const struct go_type *leaf, *element;
	struct error *err = leaf_at(program, type, offset, &leaf);
	if (!err && leaf && leaf->kind == GO_MAP) {
		inferred->part = MAP_HEADER;
		inferred->map = leaf;
	} else if (!err && leaf && (leaf->kind == GO_POINTER || leaf->kind == GO_SLICE)) {
		err = go_type_element(program, leaf, &element);
		if (!err)
			object_type_propose(&inferred->object, element, leaf->kind == GO_SLICE);
	}
	return error_ignore_unreadable(err);
}

/*
 * A classic map's header (runtime/map.go hmap) points to its buckets. A Swiss map's
 * (internal/runtime/maps/map.go) points to its only group, or to a directory of tables, and those
 * to their groups.
 */
static struct error *infer_from_map(struct program *program, struct inferred_object *inferred,
	const struct inferred_object *owner, uint64_t offset)
{
	const struct runtime_layout *layout = &program->layout;
	bool classic = field_present(layout->hmap.buckets);
	uint64_t tables = 0;
	enum map_part next = MAP_NONE;
	struct error *err = NULL;
	if (owner->part == MAP_HEADER && !classic) {
		err = program_read_field(program, owner->object.address,
			layout->swiss_map.directory_length, &tables);
		if (err || offset != layout->swiss_map.directory.offset)
			return error_ignore_unreadable(err);
		next = tables ? MAP_DIRECTORY : MAP_NONE;
	} else if (owner->part == MAP_DIRECTORY) {
		next = MAP_TABLE;
	} else if (owner->part == MAP_TABLE ? offset != layout->swiss_table.groups.offset
					    : offset != layout->hmap.buckets.offset &&
						      offset != layout->hmap.oldbuckets.offset) {
		return NULL;
	}
	inferred->part = next;
	inferred->map = owner->map;
	if (next != MAP_NONE)
		return NULL;
	const struct go_type *group;
	err = go_type_group(program, owner->map, &group);
	if (!err)
		object_type_propose(&inferred->object, group, true);
	return error_ignore_unreadable(err);
}

struct error *object_type_infer_from_owner(struct program *program,
	struct inferred_object *inferred, const struct inferred_object *owner, uint64_t location)
{
	const struct object_type *object = &owner->object;
	uint64_t offset = location - object->address - object->start;
	if (owner->part != MAP_NONE)
		return infer_from_map(program, inferred, owner, offset);
	if (!object->type)
		return NULL;
	return object_type_infer_from(program, inferred, object->type,
		object->repeated ? offset % object->type->size : offset);
}

struct error *object_type_path(struct program *program, const struct object_type *object,
	uint64_t offset, char *ret, size_t size)
{
	const struct go_type *type = object->type;
	size_t used = 0;
	ret[0] = 0;
	if (!type || offset < object->start)
		return NULL;
	offset -= object->start;
	if (object->repeated) {
		used = (size_t)snprintf(ret, size, "[%" PRIu64 "]", offset / type->size);
		offset %= type->size;
	}
	for (int i = 0; type && i < MAX_NESTING && offset < type->size && used < size; i++) {
		struct part part;
		struct error *err = part_at(program, type, offset, &part);
		if (err)
			return err;
		if (part.field)
			used += (size_t)snprintf(ret + used, size - used, ".%s", part.field);
		else if (part.type)
			used += (size_t)snprintf(
				ret + used, size - used, "[%" PRIu64 "]", part.index);
		type = part.type;
		offset = part.offset;
	}
	return NULL;
}
