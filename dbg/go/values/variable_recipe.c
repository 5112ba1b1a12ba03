/* From DWARF locations to recipes: see variable_recipe.h. */
#include "dbg/go/values/variable_recipe.h"

#include "dbg/go/program/program_debug.h"
#include "dbg/go/values/variable_location.h"

/*
 * An artificial frame address, above all run-time addresses: results close to it are on the stack.
 */
static const uint64_t frame_base = 1ull << 56;
enum { MAX_FRAME = 1 << 30, MAX_RECIPES = 256 };

struct context {
	struct program *program;
	const struct module *module;
	const struct debug_units *units;
	const struct debug_unit *unit;
	uint64_t sp_to_cfa;
};

static bool read_register(void *context, uint64_t number, uint64_t *ret)
{
	enum { RSP = 7 };
	const struct context *recipe = context;
	*ret = frame_base - recipe->sp_to_cfa;
	return number == RSP;
}

/* False for a part without a location. */
static bool add_part(struct variable_recipe *recipe, const struct context *context,
	const struct debug_piece *piece, uint32_t offset, uint32_t size)
{
	struct recipe_part part = {.value = piece->value, .offset = offset, .size = size};
	switch (piece->kind) {
	case PIECE_REGISTER:
		part.kind = RECIPE_REGISTER;
		break;
	case PIECE_MEMORY:
		part.kind = RECIPE_MEMORY;
		if (piece->value > frame_base - MAX_FRAME) {
			part.kind = RECIPE_STACK;
			part.value = piece->value - frame_base + context->sp_to_cfa;
		}
		break;
	case PIECE_VALUE:
		part.kind = RECIPE_CONSTANT;
		break;
	default:
		return false;
	}
	recipe->parts[recipe->count++] = part;
	return true;
}

/* False if a part has no location, or the pieces do not match the size. */
static bool add_parts(struct variable_recipe *recipe, const struct context *context,
	const struct debug_piece *pieces, size_t count, uint64_t size)
{
	uint64_t total = 0, offset = 0;
	for (size_t i = 0; i < count; i++)
		total += pieces[i].size;
	for (size_t i = 0; i < count && offset < size; i++) {
		if (total > size && variable_piece_repeats(pieces, i))
			continue;
		uint64_t part = size - offset;
		if (pieces[i].size && pieces[i].size < part)
			part = pieces[i].size;
		if (recipe->count >= RECIPE_MAX_PARTS || part > UINT32_MAX ||
			!add_part(recipe, context, &pieces[i], (uint32_t)offset, (uint32_t)part))
			return false;
		offset += part;
	}
	return offset == size && recipe->count > 0;
}

/* False if the variable has no location or an unknown type. */
static bool make_recipe(struct context *context, const struct debug_variable *described,
	struct variable_recipe *ret)
{
	struct debug_expression expression = {
		.units = context->units,
		.unit = context->unit,
		.bias = context->module->bias,
		.cfa = frame_base,
		.read_register = read_register,
		.context = context,
	};
	struct debug_piece pieces[MAX_PIECES];
	size_t count = 0;
	bool moved = described->name[0] == '&';
	*ret = (struct variable_recipe){.name = described->name + moved,
		.is_argument = described->is_parameter && !described->is_result,
		.moved = moved};
	struct error *err = program_type_of_entry(
		context->program, program_entry(context->module, described->type), &ret->type);
	if (!err && described->location.size)
		err = debug_expression_run(&expression, described->location, pieces, &count);
	uint64_t size = err ? 0 : ret->type->size;
	if (!err && moved && ret->type->kind == GO_POINTER)
		err = go_type_element(context->program, ret->type, &ret->type);
	bool made = !err && count && add_parts(ret, context, pieces, count, size);
	error_destroy(err);
	return made;
}

static bool is_user_variable(const struct debug_variable *variable)
{
	const char *name = variable->name + (variable->name[0] == '&');
	/* Names made up by the compiler have dots: ".dict", "ctx.itab". */
	return name[0] && !strchr(name, '.') && name[0] != '~' && strcmp(name, "_") != 0 &&
	       !variable->is_result;
}

/* Bytes from the stack pointer to the frame's CFA at `pc`. */
static bool frame_size(const struct program *program, uint64_t pc, uint64_t *ret)
{
	struct module_function found;
	int32_t delta;
	if (!program_function_at(program, pc, &found) ||
		!pclntab_sp_delta(&found.module->pclntab, &found.function,
			(uint32_t)(pc - found.module->text), &delta) ||
		delta < 0)
		return false;
	*ret = (uint64_t)delta + 8;
	return true;
}

struct error *variable_recipes(struct program *program, uint64_t pc, const char *inlined,
	struct variable_recipe **ret, size_t *ret_count)
{
	struct module *module = program_module_at(program, pc);
	struct debug_info *debug = module ? program_debug(program, module) : NULL;
	struct context context = {.program = program, .module = module};
	struct debug_units *units;
	struct debug_variables described;
	*ret_count = 0;
	if (!debug || !frame_size(program, pc, &context.sp_to_cfa))
		return error_create(ERROR_NOT_FOUND, "no DWARF describes the variables at this pc");
	struct error *err = debug_info_units(debug, &units);
	if (!err)
		err = debug_variables_at(units, pc - module->bias, inlined, &described);
	if (err)
		return err;
	context.units = units;
	context.unit = described.unit;
	size_t count = described.count < MAX_RECIPES ? described.count : MAX_RECIPES;
	*ret = calloc(count + 1, sizeof(**ret));
	for (size_t i = 0; *ret && i < count; i++) {
		if (is_user_variable(&described.items[i]))
			*ret_count += make_recipe(&context, &described.items[i], *ret + *ret_count);
	}
	debug_variables_deinit(&described);
	return *ret ? NULL : error_no_memory();
}
