/* Reads Go maps of either kind by their types: see map.h. */
#include "dbg/go/values/map.h"

#include "dbg/go/values/map_tables.h"
#include "dbg/go/program/program_state.h"

struct error *map_length(struct program *program, uint64_t map, uint64_t *ret)
{
	const struct runtime_layout *layout = &program->layout;
	*ret = 0;
	if (!map)
		return NULL;
	if (!field_present(layout->swiss_map.used) && !field_present(layout->hmap.count))
		return error_create(ERROR_NOT_FOUND, "the layout of the runtime's maps is unknown");
	return program_read_field(program, map,
		field_present(layout->swiss_map.used) ? layout->swiss_map.used : layout->hmap.count,
		ret);
}

struct error *map_walk_slot(struct map_walk *walk, uint64_t key, uint64_t value)
{
	struct error *err = NULL;
	if (walk->visited++ >= walk->claimed)
		return error_create(ERROR_BAD_DATA, "a map has more entries than its count, %llu",
			(unsigned long long)walk->claimed);
	if (walk->indirect_key)
		err = target_read_u64(walk->program->target, key, &key);
	if (!err && walk->indirect_value)
		err = target_read_u64(walk->program->target, value, &value);
	return err ? err : walk->visit(walk->context, key, value);
}

/* The two fields of a slot or group that follow `first` others. */
static struct error *two_fields(struct program *program, const struct go_type *type, size_t first,
	const struct go_field **ret)
{
	const struct go_field *fields;
	size_t count;
	struct error *err = go_type_fields(program, type, &fields, &count);
	if (!err && count < first + 2)
		err = error_create(ERROR_BAD_DATA, "%s is not part of a map's table", type->name);
	if (!err)
		*ret = fields + first;
	return err;
}

/*
 * A group has control bytes, then either eight pairs or (since 1.27) eight keys and eight values.
 */
static struct error *group_layout(
	struct program *program, const struct go_type *type, struct map_group *ret)
{
	const struct go_type *group, *slot;
	const struct go_field *fields, *pair;
	size_t count;
	struct error *err = go_type_group(program, type, &group);
	if (!err)
		err = go_type_fields(program, group, &fields, &count);
	if (err)
		return err;
	for (size_t i = 1; i < count; i++)
		if (fields[i].type->kind != GO_ARRAY || fields[i].type->length != MAP_SLOTS)
			count = 0;
	ret->size = group->size;
	if (count == 3) {
		ret->key = fields[1].offset;
		ret->key_stride = fields[1].type->size / MAP_SLOTS;
		ret->value = fields[2].offset;
		ret->value_stride = fields[2].type->size / MAP_SLOTS;
		return NULL;
	}
	if (count != 2)
		return error_create(ERROR_BAD_DATA, "%s is not a group of map slots", group->name);
	err = go_type_element(program, fields[1].type, &slot);
	if (!err)
		err = two_fields(program, slot, 0, &pair);
	if (err)
		return err;
	ret->key = fields[1].offset + pair[0].offset;
	ret->value = fields[1].offset + pair[1].offset;
	ret->key_stride = ret->value_stride = slot->size;
	return NULL;
}

struct error *map_visit(struct program *program, const struct go_type *type, uint64_t map,
	struct error *(*visit)(void *context, uint64_t key, uint64_t value), void *context)
{
	const struct go_type *key, *value;
	struct map_group group;
	bool swiss = field_present(program->layout.swiss_map.used);
	struct map_walk walk = {.program = program, .visit = visit, .context = context};
	if (type->kind != GO_MAP)
		return error_create(ERROR_USAGE, "%s is not a map", type->name);
	struct error *err = map_length(program, map, &walk.claimed);
	if (err || !walk.claimed)
		return err;
	err = go_type_key(program, type, &key);
	if (!err)
		err = go_type_element(program, type, &value);
	if (!err && swiss)
		err = group_layout(program, type, &group);
	if (err)
		return err;
	walk.indirect_key = key->size > MAP_MAX_INLINE;
	walk.indirect_value = value->size > MAP_MAX_INLINE;
	err = swiss ? map_walk_swiss(&walk, map, &group)
		    : map_walk_classic(&walk, map, key->size, value->size);
	if (err == error_stop)
		return NULL;
	if (!err && walk.visited != walk.claimed)
		err = error_create(ERROR_BAD_DATA,
			"a map's count is %llu, but it has %llu entries: it was being modified",
			(unsigned long long)walk.claimed, (unsigned long long)walk.visited);
	return err;
}
