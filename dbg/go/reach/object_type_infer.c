/* What the place of a pointer tells of the object that it points to: see object_type_state.h. */
#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/reach/object_type_state.h"

enum { MAX_NESTING = 32 }; /* structs and arrays in one another */

/*
 * Size classes waste little: a type that fills less than two thirds is that of the first field, or
 * of something else that once was there. Of two types that fit the larger contains the other.
 */
void object_take_type(struct object_type *object, const struct go_type *type, bool repeated)
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

/* The type of the scalar at `offset` of `type`; NULL when nothing starts there. */
static struct error *leaf_at(struct program *program, const struct go_type *type, uint64_t offset,
	const struct go_type **ret)
{
	*ret = NULL;
	for (int i = 0; type && i < MAX_NESTING && offset < type->size; i++) {
		const struct go_type *inner = NULL;
		if (type->kind == GO_ARRAY) {
			struct error *err = go_type_element(program, type, &inner);
			if (err)
				return err;
			offset = inner->size ? offset % inner->size : 0;
		} else if (type->kind == GO_STRUCT) {
			const struct go_field *fields;
			size_t count;
			struct error *err = go_type_fields(program, type, &fields, &count);
			if (err)
				return err;
			for (size_t j = 0; j < count && !inner; j++) {
				if (offset - fields[j].offset < fields[j].type->size) {
					inner = fields[j].type;
					offset -= fields[j].offset;
					break;
				}
			}
		} else {
			*ret = offset ? NULL : type;
			return NULL;
		}
		type = inner;
	}
	return NULL;
}

/* A type that cannot be read tells nothing. */
static struct error *object_type_infer_forgive(struct error *err)
{
	bool harmless = err && (err->code == ERROR_BAD_DATA || err->code == ERROR_FAULT ||
				       err->code == ERROR_NOT_FOUND || err->code == ERROR_USAGE);
	if (harmless)
		error_destroy(err);
	return harmless ? NULL : err;
}

struct error *object_take_from(
	struct program *program, struct known *known, const struct go_type *type, uint64_t offset)
{
	const struct go_type *leaf, *element;
	struct error *err = leaf_at(program, type, offset, &leaf);
	if (!err && leaf && leaf->kind == GO_MAP) {
		known->part = MAP_HEADER;
		known->map = leaf;
	} else if (!err && leaf && (leaf->kind == GO_POINTER || leaf->kind == GO_SLICE)) {
		err = go_type_element(program, leaf, &element);
		if (!err)
			object_take_type(&known->object, element, leaf->kind == GO_SLICE);
	}
	return object_type_infer_forgive(err);
}

/*
 * A classic map's header (runtime/map.go hmap) points to its buckets. A Swiss map's
 * (internal/runtime/maps/map.go) points to its only group, or to a directory of tables, and those
 * to their groups.
 */
static struct error *take_from_map(
	struct program *program, struct known *known, const struct known *owner, uint64_t offset)
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
			return object_type_infer_forgive(err);
		next = tables ? MAP_DIRECTORY : MAP_NONE;
	} else if (owner->part == MAP_DIRECTORY) {
		next = MAP_TABLE;
	} else if (owner->part == MAP_TABLE ? offset != layout->swiss_table.groups.offset
					    : offset != layout->hmap.buckets.offset &&
						      offset != layout->hmap.oldbuckets.offset) {
		return NULL;
	}
	known->part = next;
	known->map = owner->map;
	if (next != MAP_NONE)
		return NULL;
	const struct go_type *group;
	err = go_type_group(program, owner->map, &group);
	if (!err)
		object_take_type(&known->object, group, true);
	return object_type_infer_forgive(err);
}

struct error *object_take_from_owner(
	struct program *program, struct known *known, const struct known *owner, uint64_t location)
{
	const struct object_type *object = &owner->object;
	uint64_t offset = location - object->address - object->start;
	if (owner->part != MAP_NONE)
		return take_from_map(program, known, owner, offset);
	if (!object->type)
		return NULL;
	return object_take_from(program, known, object->type,
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
		const struct go_type *inner = NULL;
		if (type->kind == GO_ARRAY) {
			struct error *err = go_type_element(program, type, &inner);
			if (err)
				return err;
			if (!inner->size)
				return NULL;
			used += (size_t)snprintf(
				ret + used, size - used, "[%" PRIu64 "]", offset / inner->size);
			offset %= inner->size;
		} else if (type->kind == GO_STRUCT) {
			const struct go_field *fields;
			size_t count;
			struct error *err = go_type_fields(program, type, &fields, &count);
			if (err)
				return err;
			for (size_t j = 0; j < count && !inner; j++) {
				if (offset - fields[j].offset >= fields[j].type->size)
					continue;
				inner = fields[j].type;
				offset -= fields[j].offset;
				used += (size_t)snprintf(
					ret + used, size - used, ".%s", fields[j].name);
			}
		}
		type = inner;
	}
	return NULL;
}
