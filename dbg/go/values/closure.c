/* Reads captured variables: see closure.h. */
#include "dbg/go/values/closure.h"

#include "dbg/go/program/program_debug.h"
#include "dwarf/debug/debug_variables.h"

enum { MAX_CAPTURED = 1024, MAX_CLOSURE = 1 << 20 };

/* Adds the variable unless its type is unknown or it cannot be read. */
static struct error *add_captured(struct program *program, const struct module *module,
	uint64_t closure, const struct debug_variable *described, struct captured *ret,
	size_t *count)
{
	bool moved = described->name[0] == '&';
	uint64_t address = closure + described->closure_offset;
	const struct go_type *type;
	struct error *err =
		program_type_of_entry(program, program_entry(module, described->type), &type);
	if (!err && moved)
		err = target_read_u64(program->target, address, &address);
	if (!err && moved && type->kind == GO_POINTER)
		err = go_type_element(program, type, &type);
	if (err || !address)
		return error_ignore_unreadable(err);
	ret[(*count)++] = (struct captured){.name = described->name + moved,
		.offset = described->closure_offset,
		.value = {.type = type, .address = address}};
	return NULL;
}

static int by_offset(const void *a, const void *b)
{
	const struct captured *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

struct error *closure_variables(struct program *program, uint64_t closure, uint64_t code,
	struct captured **ret, size_t *ret_count)
{
	struct module *module = program_module_at(program, code);
	struct debug_info *debug = module ? program_debug(program, module) : NULL;
	struct debug_units *units;
	struct debug_variables described = {0};
	*ret = NULL;
	*ret_count = 0;
	if (!debug)
		return NULL;
	struct error *err = debug_info_units(debug, &units);
	if (!err)
		err = debug_variables_at(units, code - module->bias, NULL, &described);
	if (err)
		return error_ignore_unreadable(err);
	*ret = calloc(described.count + 1, sizeof(**ret));
	if (!*ret)
		err = error_no_memory();
	for (size_t i = 0; !err && i < described.count && *ret_count < MAX_CAPTURED; i++) {
		const struct debug_variable *item = &described.items[i];
		if (item->closure_offset && item->closure_offset < MAX_CLOSURE &&
			item->name[0] != '.')
			err = add_captured(program, module, closure, item, *ret, ret_count);
	}
	debug_variables_deinit(&described);
	if (!err)
		qsort(*ret, *ret_count, sizeof(**ret), by_offset);
	return err;
}
