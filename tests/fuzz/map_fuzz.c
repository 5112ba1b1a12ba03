/*
 * libFuzzer target: the input (after a byte that chooses the release and one that chooses sizes) is
 * memory that contains a map and its type.
 */
#include "dbg/go/values/map_tables.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/types/type_state.h"
#include "tests/fuzz/fake_target.h"
#include "tests/fuzz/layouts.h"

enum { MAP = 0x10000, TYPES = 0x10100, MAX_SIZE = 1 << 14, MAX_ENTRIES = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct error *count(void *context, uint64_t key, uint64_t value)
{
	size_t *entries = context;
	(void)key;
	(void)value;
	return ++*entries < MAX_ENTRIES ? NULL : error_create(ERROR_OTHER, "enough");
}

/* Limits sizes that only cost time: a table of 2^30 buckets takes that many reads. */
static void limit(uint8_t *memory, size_t size, struct field field, uint64_t most)
{
	uint64_t value = object_field(memory, size, field);
	if (value > most && field_present(field) && field.offset + 8 <= size)
		memcpy(memory + field.offset, &most, field.size < 8 ? field.size : 8);
}

static void walk_both(struct program *program, uint8_t sizes)
{
	size_t entries = 0;
	struct map_walk walk = {.program = program, .visit = count, .context = &entries};
	walk.claimed = MAX_ENTRIES;
	walk.indirect_key = sizes & 1;
	walk.indirect_value = sizes & 2;
	struct map_group group = {
		8 + (sizes & 60) * 8, 8, sizes & 28, 8 + (sizes & 12), sizes & 56};
	if (field_present(program->layout.swiss_map.used))
		error_destroy(map_walk_swiss(&walk, MAP, &group));
	else
		error_destroy(map_walk_classic(&walk, MAP, sizes, 255 - sizes));
}

static void visit(struct program *program)
{
	const struct go_type *type;
	size_t entries = 0;
	uint64_t length;
	error_destroy(map_length(program, MAP, &length));
	struct error *err = program_type_at(program, TYPES, &type);
	if (!err)
		err = map_visit(program, type, MAP, count, &entries);
	error_destroy(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 0x140 || size > MAX_SIZE)
		return 0;
	struct module module = {.types = TYPES, .etypes = TYPES + size};
	struct program program = {.modules = {&module}, .module_count = 1};
	program.layout = *fuzz_layout(data[0]);
	uint8_t *memory = malloc(size - 2);
	if (!memory || string_pool_create(&program.strings))
		abort();
	memcpy(memory, data + 2, size - 2);
	limit(memory, size - 2, program.layout.hmap.b, 6);
	limit(memory, size - 2, program.layout.swiss_map.directory_length, 16);
	program.target = fake_target_create((struct bytes){memory, size - 2}, MAP);
	walk_both(&program, data[1]);
	visit(&program);
	type_cache_destroy(program.type_cache);
	string_pool_destroy(program.strings);
	target_destroy(program.target);
	free(memory);
	return 0;
}
