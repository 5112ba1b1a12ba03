/* Collects variables by walking a function's entries: see debug_variables.h. */
#include "dwarf/debug/debug_variables.h"

#include <inttypes.h>

enum {
	DW_AT_go_closure_offset = 0x2907, /* cmd/internal/dwarf */
	MAX_DEPTH = 256,		  /* nested blocks and inlined calls */
	MAX_VARIABLES = 1 << 16,
	MAX_ORIGINS = 4,
};

struct walk {
	struct debug_units *units;
	const struct debug_unit *unit;
	uint64_t pc;
	struct debug_variables *found;
};

void debug_variables_deinit(struct debug_variables *variables)
{
	free(variables->items);
	*variables = (struct debug_variables){0};
}

/* Replaces `die` with its DW_AT_abstract_origin; false if it has none. */
static bool follow_origin(struct die *die)
{
	uint64_t origin;
	struct die next;
	if (!die_reference(die, DW_AT_abstract_origin, &origin) ||
		!die_at(die->handle, origin, &next))
		return false;
	die_deinit(die);
	*die = next;
	return true;
}

/* Takes attributes that the entry itself lacks from its abstract origin. */
static void read_description(const struct die *die, struct debug_variable *ret)
{
	_cleanup_(die_deinit) struct die at = {0};
	if (!die_at(die->handle, die_offset(die), &at))
		return;
	for (int i = 0; i < MAX_ORIGINS; i++) {
		if (!ret->name)
			ret->name = die_name(&at);
		if (!ret->type)
			die_reference(&at, DW_AT_type, &ret->type);
		if (!ret->line)
			die_unsigned(&at, DW_AT_decl_line, &ret->line);
		if (!ret->closure_offset)
			die_unsigned(&at, DW_AT_go_closure_offset, &ret->closure_offset);
		if (die_flag(&at, DW_AT_variable_parameter))
			ret->is_result = true;
		if (!follow_origin(&at))
			return;
	}
}

static void read_location(
	const struct walk *walk, const struct die *die, struct debug_variable *ret)
{
	uint64_t offset;
	if (die_section_offset(die, DW_AT_location, &offset)) {
		ret->described = true;
		if (!debug_unit_location(walk->units, walk->unit, offset, walk->pc, &ret->location))
			ret->location = (struct bytes){NULL, 0};
		if (!debug_unit_location(
			    walk->units, walk->unit, offset, walk->pc + 1, &ret->location_after))
			ret->location_after = (struct bytes){NULL, 0};
	} else if (die_block(die, DW_AT_location, &ret->location)) {
		ret->described = ret->location.size > 0;
	}
}

static struct error *add_variable(const struct walk *walk, const struct die *die, unsigned depth)
{
	struct debug_variables *found = walk->found;
	struct debug_variable variable = {
		.depth = depth, .is_parameter = die_tag(die) == DW_TAG_formal_parameter};
	read_description(die, &variable);
	if (!variable.name || found->count >= MAX_VARIABLES)
		return NULL;
	read_location(walk, die, &variable);
	if (!array_reserve(&found->items, &found->capacity, found->count + 1))
		return error_no_memory();
	found->items[found->count++] = variable;
	return NULL;
}

/* Adds the variables of `scope` and of the blocks in it that contain the pc. */
static struct error *collect_variables(
	const struct walk *walk, const struct die *scope, unsigned depth)
{
	if (depth > MAX_DEPTH)
		return NULL;
	_cleanup_(die_deinit) struct die die = {0};
	struct error *err = NULL;
	for (bool more = die_child(scope, &die); more && !err; more = die_next(&die)) {
		unsigned tag = die_tag(&die);
		if (tag == DW_TAG_variable || tag == DW_TAG_formal_parameter)
			err = add_variable(walk, &die, depth);
	}
	die_deinit(&die);
	for (bool more = die_child(scope, &die); more && !err; more = die_next(&die)) {
		if (die_tag(&die) == DW_TAG_lexical_block &&
			debug_unit_covers(walk->units, walk->unit, &die, walk->pc))
			err = collect_variables(walk, &die, depth + 1);
	}
	return err;
}

/*
 * Compares names up to type arguments: stack traces show them as "[...]", DWARF as the compiler's
 * shapes.
 */
static bool same_function(const char *dwarf, const char *wanted)
{
	const char *open = strchr(dwarf, '['), *wanted_open = strchr(wanted, '[');
	if (!open || !wanted_open)
		return strcmp(dwarf, wanted) == 0;
	const char *close = strrchr(dwarf, ']'), *wanted_close = strrchr(wanted, ']');
	return open - dwarf == wanted_open - wanted &&
	       strncmp(dwarf, wanted, (size_t)(open - dwarf)) == 0 && close && wanted_close &&
	       strcmp(close, wanted_close) == 0;
}

static bool is_call_to(const struct die *call, const char *function)
{
	_cleanup_(die_deinit) struct die die = {0};
	if (!die_at(call->handle, die_offset(call), &die))
		return false;
	for (int i = 0; i < MAX_ORIGINS; i++) {
		const char *name = die_name(&die);
		if (name)
			return same_function(name, function);
		if (!follow_origin(&die))
			break;
	}
	return false;
}

/*
 * Finds the entry of the call of `function` that is inlined into `scope` at the pc, at any depth.
 */
static bool find_inlined(const struct walk *walk, const struct die *scope, const char *function,
	unsigned depth, struct die *ret)
{
	_cleanup_(die_deinit) struct die die = {0};
	if (depth > MAX_DEPTH)
		return false;
	for (bool more = die_child(scope, &die); more; more = die_next(&die)) {
		unsigned tag = die_tag(&die);
		if ((tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) ||
			!debug_unit_covers(walk->units, walk->unit, &die, walk->pc))
			continue;
		if (tag == DW_TAG_inlined_subroutine && is_call_to(&die, function)) {
			*ret = die;
			die.die = NULL;
			return true;
		}
		if (find_inlined(walk, &die, function, depth + 1, ret))
			return true;
	}
	return false;
}

struct error *debug_variables_at(
	struct debug_units *units, uint64_t pc, const char *inlined, struct debug_variables *ret)
{
	*ret = (struct debug_variables){0};
	struct walk walk = {.units = units, .pc = pc, .found = ret};
	struct debug_function function;
	_cleanup_(die_deinit) struct die root = {0}, call = {0};
	if (!debug_units_function_at(units, pc, &walk.unit, &function) ||
		!die_at(debug_units_handle(units), function.entry, &root))
		return error_create(ERROR_NOT_FOUND,
			"the program's DWARF does not describe the function at 0x%" PRIx64, pc);
	if (inlined && !find_inlined(&walk, &root, inlined, 0, &call))
		return error_create(ERROR_NOT_FOUND,
			"the program's DWARF does not describe the inlined call of %s", inlined);
	ret->unit = walk.unit;
	struct error *err = collect_variables(&walk, inlined ? &call : &root, 0);
	if (err)
		debug_variables_deinit(ret);
	return err;
}
