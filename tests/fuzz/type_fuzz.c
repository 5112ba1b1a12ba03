/*
 * libFuzzer target: the input (after a byte that chooses the release) is the runtime's type data.
 */
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/types/type_state.h"
#include "tests/fuzz/fake_target.h"
#include "tests/fuzz/layouts.h"

enum { TYPES = 0x10000, STEP = 8, MAX_TYPES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Calls every function on the type, whatever its kind. */
static void ask(struct program *program, uint64_t descriptor)
{
	const struct go_type *type, *part;
	const struct go_field *fields;
	struct go_field field;
	size_t count;
	bool empty;
	struct error *err = program_type_at(program, descriptor, &type);
	error_destroy(err);
	if (err)
		return;
	if (!type->name || !type->name[0] || type->kind == GO_INVALID)
		abort();
	error_destroy(go_type_element(program, type, &part));
	error_destroy(go_type_key(program, type, &part));
	error_destroy(go_type_group(program, type, &part));
	error_destroy(go_type_is_empty_interface(program, type, &empty));
	err = go_type_fields(program, type, &fields, &count);
	for (size_t i = 0; !err && i < count; i++)
		if (!fields[i].type || fields[i].offset > type->size)
			abort();
	error_destroy(err);
	error_destroy(go_type_field(program, type, "err", &field));
	go_type_is(type, "main", "Job");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct module module = {.types = TYPES, .etypes = TYPES + size - 1};
	struct program program = {.modules = {&module}, .module_count = 1};
	program.layout = *fuzz_layout(data[0]);
	program.target = fake_target_create((struct bytes){data + 1, size - 1}, TYPES);
	if (string_pool_create(&program.strings))
		abort();
	for (uint64_t type = TYPES; type < module.etypes && type < TYPES + MAX_TYPES * STEP;
		type += STEP)
		ask(&program, type);
	type_cache_destroy(program.type_cache);
	string_pool_destroy(program.strings);
	target_destroy(program.target);
	return 0;
}
