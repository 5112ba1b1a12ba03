/* The variables of frames: see variables.h. */
#include "dbg/go/values/variables.h"

#include "dbg/go/stacks/frame_arguments.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_debug.h"
#include "dbg/go/values/variable_location.h"
#include "dwarf/debug/debug_variables.h"

enum { MAX_VARIABLES = 4096 };

void variables_deinit(struct variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		value_deinit(&variables->items[i].value);
	free(variables->items);
	*variables = (struct variables){0};
}

const struct variable *variables_find(const struct variables *variables, const char *name)
{
	for (size_t i = variables->count; i-- > 0;) {
		const struct variable *variable = &variables->items[i];
		if (!variable->shadowed && strcmp(variable->name, name) == 0)
			return variable;
	}
	return NULL;
}

/* The group of frames that share the physical frame of `index`: its first and its outermost frame,
 * into which the others are inlined. */
static void frame_group(const struct stack *stack, size_t index, size_t *ret_start, size_t *ret_end)
{
	*ret_end = index;
	while (*ret_end + 1 < stack->count && stack->frames[*ret_end].inlined)
		++*ret_end;
	*ret_start = index;
	while (*ret_start > 0 && stack->frames[*ret_start - 1].inlined)
		--*ret_start;
}

/* Whether the compiler made the name up, such as ".dict" and ".closureptr". */
static bool is_hidden(const struct debug_variable *variable)
{
	return variable->name[0] == '.' || variable->name[0] == 0 ||
	       strcmp(variable->name, "_") == 0;
}

/* Whether it is a result without a name: "~r0", "~b1". */
static bool is_nameless(const char *name)
{
	return name[0] == '~';
}

/* Whether all bytes are zero: a nameless result is shown only once it has been set. */
static bool is_zero(struct program *program, const struct value *value)
{
	enum { MOST = 4096 };
	uint8_t bytes[MOST];
	if (!value->type || value->type->size > MOST)
		return true;
	struct error *err = value_read(program, value, bytes);
	bool zero = true;
	for (size_t i = 0; !err && i < value->type->size; i++)
		zero = zero && !bytes[i];
	error_destroy(err);
	return zero;
}

static struct error *make_variable(struct program *program, const struct frame_scope *scope,
	const struct debug_variable *described, struct variable *ret)
{
	bool moved = described->name[0] == '&';
	*ret = (struct variable){
		.name = described->name + moved,
		.line = described->line < INT32_MAX ? (int)described->line : 0,
		.is_argument = described->is_parameter && !described->is_result,
		.is_result = described->is_result,
	};
	struct error *err = variable_location_value(program, scope, described, ret);
	if (err || !moved)
		return err;
	if (ret->type && ret->type->kind == GO_POINTER)
		error_destroy(go_type_element(program, ret->type, &ret->type));
	return ret->missing ? NULL : variable_location_follow(program, ret);
}

/*
 * Marks the variables that an inner block shadows. A parameter that was moved to the heap is
 * described twice: as x, its original location, and as "&x", a pointer to the current one, which
 * takes precedence.
 */
static void mark_shadowed(
	struct variables *found, const struct debug_variables *described, const size_t *origins)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct debug_variable *a = &described->items[origins[i]];
		for (size_t j = 0; j < found->count && !found->items[i].shadowed; j++) {
			const struct debug_variable *b = &described->items[origins[j]];
			if (i == j || strcmp(found->items[i].name, found->items[j].name) != 0)
				continue;
			bool later = b->depth > a->depth || (b->depth == a->depth && j > i);
			bool a_moved = a->name[0] == '&', b_moved = b->name[0] == '&';
			if (a_moved != b_moved && a->depth == b->depth)
				later = b_moved;
			found->items[i].shadowed = later;
		}
	}
}

static int rank(const struct variable *variable)
{
	return variable->is_argument ? 0 : variable->is_result ? 1 : 2;
}

/* Stable sort: parameters, results, then the others by line. */
static void sort_variables(struct variables *found)
{
	for (size_t i = 1; i < found->count; i++) {
		struct variable moving = found->items[i];
		size_t at = i;
		while (at > 0) {
			const struct variable *before = &found->items[at - 1];
			int order = rank(before) - rank(&moving);
			if (order == 0 && rank(&moving) == 2)
				order = before->line - moving.line;
			if (order <= 0)
				break;
			found->items[at] = *before;
			at--;
		}
		found->items[at] = moving;
	}
}

static struct error *add_variables(struct program *program, const struct frame *frame,
	const struct frame_scope *scope, const struct debug_variables *described,
	struct variables *ret)
{
	size_t count = described->count < MAX_VARIABLES ? described->count : MAX_VARIABLES;
	_cleanup_free_ size_t *origins = calloc(count + 1, sizeof(*origins));
	ret->items = calloc(count + 1, sizeof(*ret->items));
	if (!origins || !ret->items)
		return error_no_memory();
	for (size_t i = 0; i < count; i++) {
		const struct debug_variable *item = &described->items[i];
		/* The line of a captured variable is that of its first use. */
		bool later = !item->is_parameter && !item->closure_offset && frame->line > 0 &&
			     item->line > (uint64_t)frame->line;
		if (is_hidden(item) || later)
			continue;
		struct variable *variable = &ret->items[ret->count];
		struct error *err = make_variable(program, scope, item, variable);
		if (err)
			return err;
		origins[ret->count++] = i;
		if (is_nameless(variable->name) && is_zero(program, &variable->value)) {
			value_deinit(&variable->value);
			ret->count--;
		}
	}
	mark_shadowed(ret, described, origins);
	sort_variables(ret);
	return NULL;
}

struct error *frame_variables(struct program *program, const struct stack *stack, size_t index,
	const struct thread *thread, struct variables *ret)
{
	*ret = (struct variables){0};
	const struct frame *frame = &stack->frames[index];
	if (frame->stack == FRAME_C)
		return error_create(ERROR_NOT_FOUND,
			"%s is C code: only variables of Go functions can be shown",
			frame->function);
	struct module *module = program_module_at(program, frame->pc);
	struct debug_info *debug = module ? program_debug(program, module) : NULL;
	if (!debug)
		return error_create(ERROR_NOT_FOUND,
			"no variables of %s: the program has no DWARF "
			"(if another file has it, use --debug-file)",
			frame->function);
	size_t start, end;
	frame_group(stack, index, &start, &end);
	bool exact = frame_is_exact(stack, index, thread);
	struct frame_scope scope = {.module = module,
		.cfa = stack->frames[end].fp,
		.sp = stack->frames[end].sp,
		.thread = start == 0 && exact ? thread : NULL,
		.target = program->target,
		.in_call = !exact};
	uint64_t pc = frame->pc - module->bias - !exact;
	struct debug_variables described;
	struct error *err = debug_info_units(debug, &scope.units);
	if (err)
		return err;
	err = debug_variables_at(
		scope.units, pc, index == end ? NULL : frame->function, &described);
	if (err)
		return err;
	scope.unit = described.unit;
	err = add_variables(program, frame, &scope, &described, ret);
	debug_variables_deinit(&described);
	if (err)
		variables_deinit(ret);
	return err;
}
