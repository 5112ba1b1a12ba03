/*
 * Reads Swiss tables (internal/runtime/maps/map.go, table.go and group.go; 1.24 and later): a small
 * map is one group; a larger one is a directory of tables, each an array of groups.
 */
#include "dbg/go/values/map_tables.h"
#include "dbg/go/program/program_state.h"

enum {
	CONTROL_FREE = 0x80, /* bit of a slot's control byte: empty or deleted */
	MAX_DIRECTORY = 1 << 26,
	MAX_GROUPS = 1 << 16,  /* of a table; the runtime creates at most 128 */
	DIRECTORY_CHUNK = 512, /* entries read at a time */
};

static struct error *walk_group(
	struct map_walk *walk, uint64_t address, const struct map_group *group)
{
	uint8_t control[MAP_SLOTS];
	struct error *err = target_read(walk->program->target, address, control, sizeof(control));
	for (uint64_t i = 0; !err && i < MAP_SLOTS; i++)
		if (!(control[i] & CONTROL_FREE))
			err = map_walk_slot(walk, address + group->key + i * group->key_stride,
				address + group->value + i * group->value_stride);
	return err;
}

/* Walks the table at `address`; `index` is that of its first entry in the directory. */
static struct error *walk_table(
	struct map_walk *walk, uint64_t address, uint64_t index, const struct map_group *group)
{
	struct program *program = walk->program;
	const struct runtime_layout *layout = &program->layout;
	uint64_t own_index, groups, mask;
	struct error *err =
		program_read_field(program, address, layout->swiss_table.index, &own_index);
	if (!err)
		err = program_read_field(program, address, layout->swiss_table.groups, &groups);
	if (!err)
		err = program_read_field(program, address, layout->swiss_table.length_mask, &mask);
	if (err)
		return err;
	if (own_index != index || mask >= MAX_GROUPS)
		return error_create(ERROR_BAD_DATA,
			"the map table at %#llx is damaged, or was being replaced",
			(unsigned long long)address);
	struct range range = {groups, (mask + 1) * group->size};
	err = target_prefetch(program->target, &range, 1);
	if (!err)
		err = target_check(program->target);
	for (uint64_t i = 0; !err && i <= mask; i++)
		err = walk_group(walk, groups + i * group->size, group);
	return err;
}

/* A table that has not been split as often as others has several adjacent directory entries. */
static struct error *walk_directory(
	struct map_walk *walk, uint64_t directory, uint64_t length, const struct map_group *group)
{
	uint64_t chunk[DIRECTORY_CHUNK], last = 0;
	for (uint64_t i = 0; i < length; i++) {
		struct error *err = NULL;
		uint64_t left = length - (i - i % DIRECTORY_CHUNK);
		if (i % DIRECTORY_CHUNK == 0)
			err = target_read(walk->program->target, directory + i * 8, chunk,
				(size_t)(left < DIRECTORY_CHUNK ? left : DIRECTORY_CHUNK) * 8);
		uint64_t table = chunk[i % DIRECTORY_CHUNK];
		if (!err && table != last)
			err = walk_table(walk, table, i, group);
		if (err)
			return err;
		last = table;
	}
	return NULL;
}

struct error *map_walk_swiss(struct map_walk *walk, uint64_t map, const struct map_group *group)
{
	struct program *program = walk->program;
	const struct runtime_layout *layout = &program->layout;
	uint64_t directory, length;
	struct error *err =
		program_read_field(program, map, layout->swiss_map.directory, &directory);
	if (!err)
		err = program_read_field(program, map, layout->swiss_map.directory_length, &length);
	if (err)
		return err;
	if (!length)
		return walk_group(walk, directory, group);
	if (length > MAX_DIRECTORY)
		return error_create(ERROR_BAD_DATA, "implausible map directory size: %llu tables",
			(unsigned long long)length);
	return walk_directory(walk, directory, length, group);
}
