/* Which variables of a function expressions can name: see arguments.h. */
#include "dbg/break/arguments.h"

#include <stdio.h>

#include "dbg/go/program_state.h"

enum { MAX_ARGUMENTS = 400, MAX_DEPTH = 3, MAX_NAME = 200 };

/* A value inside of a variable, on the way to its parts. */
struct part {
	const struct go_type *type;
	struct argument argument; /* all but the name and the form */
	const char *name;
	unsigned depth;
};

void arguments_deinit(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		free(arguments->items[i].name);
	free(arguments->items);
	for (size_t i = 0; i < arguments->place_count; i++)
		free(arguments->places[i].recipes);
	free(arguments->places);
	*arguments = (struct arguments){0};
}

static bool has_name(const struct arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->count; i++) {
		if (strcmp(arguments->items[i].name, name) == 0)
			return true;
	}
	return false;
}

static struct error *add(struct arguments *arguments, const struct part *part,
	enum argument_form form, enum expr_type type, const char *name)
{
	if (arguments->count >= MAX_ARGUMENTS || strlen(name) > MAX_NAME ||
		has_name(arguments, name))
		return NULL;
	if (!array_reserve(&arguments->items, &arguments->capacity, arguments->count + 1))
		return error_no_memory();
	struct argument *argument = &arguments->items[arguments->count];
	*argument = part->argument;
	argument->form = form;
	argument->type = type;
	argument->whole = part->depth == 0;
	argument->name = strdup(name);
	if (!argument->name)
		return error_no_memory();
	arguments->count++;
	return NULL;
}

static struct error *add_part(
	struct program *program, struct arguments *arguments, const struct part *part);

static struct error *add_fields(
	struct program *program, struct arguments *arguments, const struct part *part)
{
	const struct go_field *fields;
	size_t count;
	struct error *err = go_type_fields(program, part->type, &fields, &count);
	if (err) { /* it is only shown less */
		error_destroy(err);
		return NULL;
	}
	for (size_t i = 0; i < count && part->depth < MAX_DEPTH; i++) {
		char name[MAX_NAME + 2];
		int size = snprintf(name, sizeof(name), "%s.%s", part->name, fields[i].name);
		if (size < 0 || (size_t)size >= sizeof(name))
			continue;
		struct part field = *part;
		field.type = fields[i].type;
		field.name = name;
		field.depth++;
		field.argument.offsets[field.argument.steps - 1] += fields[i].offset;
		err = add_part(program, arguments, &field);
		if (err)
			return err;
	}
	return NULL;
}

/* The fields of the struct that a pointer leads to. */
static struct error *add_target(
	struct program *program, struct arguments *arguments, const struct part *part)
{
	struct part target = *part;
	if (part->argument.steps >= ARGUMENT_MAX_STEPS)
		return NULL;
	struct error *err = go_type_element(program, part->type, &target.type);
	if (err || target.type->kind != GO_STRUCT) {
		error_destroy(err);
		return NULL;
	}
	target.argument.offsets[target.argument.steps++] = 0;
	return add_fields(program, arguments, &target);
}

static struct error *add_length(struct arguments *arguments, const struct part *part)
{
	char name[MAX_NAME + 2];
	int size = snprintf(name, sizeof(name), "%s.len", part->name);
	if (size < 0 || (size_t)size >= sizeof(name))
		return NULL;
	struct part length = *part;
	length.argument.offsets[length.argument.steps - 1] += 8;
	length.argument.size = 8;
	return add(arguments, &length, ARGUMENT_SIGNED, EXPR_INT, name);
}

static struct error *add_interface(
	struct program *program, struct arguments *arguments, const struct part *part)
{
	bool empty = false;
	error_destroy(go_type_is_empty_interface(program, part->type, &empty));
	return add(arguments, part, empty ? ARGUMENT_ANY : ARGUMENT_INTERFACE, EXPR_STRING,
		part->name);
}

static struct error *add_part(
	struct program *program, struct arguments *arguments, const struct part *part)
{
	const struct go_type *type = part->type;
	struct part scalar = *part;
	struct error *err;
	scalar.argument.size = type->size <= 8 ? (size_t)type->size : 8;
	switch (type->kind) {
	case GO_BOOL:
		return add(arguments, &scalar, ARGUMENT_BOOL, EXPR_BOOL, part->name);
	case GO_INT:
	case GO_INT8:
	case GO_INT16:
	case GO_INT32:
	case GO_INT64:
		if (go_type_is(type, "time", "Duration"))
			return add(arguments, &scalar, ARGUMENT_DURATION, EXPR_DURATION,
				part->name);
		return add(arguments, &scalar, ARGUMENT_SIGNED, EXPR_INT, part->name);
	case GO_UINT:
	case GO_UINT8:
	case GO_UINT16:
	case GO_UINT32:
	case GO_UINT64:
	case GO_UINTPTR:
		return add(arguments, &scalar, ARGUMENT_UNSIGNED, EXPR_INT, part->name);
	case GO_FLOAT32:
	case GO_FLOAT64:
		return add(arguments, &scalar, ARGUMENT_FLOAT, EXPR_FLOAT, part->name);
	case GO_STRING:
		return add(arguments, &scalar, ARGUMENT_STRING, EXPR_STRING, part->name);
	case GO_POINTER:
		err = add(arguments, &scalar, ARGUMENT_ADDRESS, EXPR_INT, part->name);
		return err ? err : add_target(program, arguments, part);
	case GO_CHAN:
	case GO_MAP:
	case GO_FUNC:
	case GO_UNSAFE_POINTER:
		return add(arguments, &scalar, ARGUMENT_ADDRESS, EXPR_INT, part->name);
	case GO_SLICE:
		err = add(arguments, &scalar, ARGUMENT_ADDRESS, EXPR_INT, part->name);
		return err ? err : add_length(arguments, part);
	case GO_INTERFACE:
		return add_interface(program, arguments, part);
	case GO_STRUCT:
		return add_fields(program, arguments, part);
	default:
		return NULL;
	}
}

static struct error *add_registers(struct arguments *arguments)
{
	struct part part = {.argument = {.steps = 1, .size = 8}};
	arguments->registers = true;
	for (size_t i = 0; i < ARGUMENT_REGISTERS; i++) {
		char name[8];
		snprintf(name, sizeof(name), "arg%zu", i + 1);
		part.argument.variable = i;
		part.depth = 1;
		struct error *err = add(arguments, &part, ARGUMENT_ADDRESS, EXPR_INT, name);
		if (err)
			return err;
	}
	return NULL;
}

/* Parameters first, so that their names win when there are too many; of variables with one name the
 * innermost, which comes last. */
static struct error *add_variables(
	struct program *program, struct arguments *arguments, const struct arguments_place *place)
{
	for (int parameters = 1; parameters >= 0; parameters--) {
		for (size_t i = place->count; i-- > 0;) {
			const struct variable_recipe *recipe = &place->recipes[i];
			if (recipe->is_argument != (bool)parameters)
				continue;
			struct part part = {.type = recipe->type, .name = recipe->name};
			part.argument.variable = i;
			part.argument.steps = 1 + recipe->moved;
			struct error *err = add_part(program, arguments, &part);
			if (err)
				return err;
		}
	}
	return NULL;
}

/* Brings the recipes into the order of those of the first place, by name and type. */
static bool align(struct arguments_place *place, const struct arguments_place *model)
{
	struct variable_recipe *aligned = calloc(model->count + 1, sizeof(*aligned));
	for (size_t i = 0; aligned && i < model->count; i++) {
		for (size_t j = 0; j < place->count; j++) {
			const struct variable_recipe *recipe = &place->recipes[j];
			if (strcmp(recipe->name, model->recipes[i].name) == 0 &&
				recipe->type == model->recipes[i].type &&
				recipe->moved == model->recipes[i].moved)
				aligned[i] = *recipe;
		}
	}
	free(place->recipes);
	place->recipes = aligned;
	place->count = aligned ? model->count : 0;
	return aligned;
}

struct error *arguments_find(
	struct program *program, const struct place *place, struct arguments *ret)
{
	*ret = (struct arguments){0};
	if (place->kind < PLACE_FUNCTION)
		return NULL;
	ret->places = calloc(place->count + 1, sizeof(*ret->places));
	if (!ret->places)
		return error_no_memory();
	ret->place_count = place->count;
	const struct arguments_place *model = NULL;
	bool described = false;
	for (size_t i = 0; i < place->count; i++) {
		const struct breakpoint_place *item = &place->items[i];
		struct arguments_place *found = &ret->places[i];
		struct error *err = variable_recipes(program, item->code.pc,
			item->inlined_into ? item->code.function : NULL, &found->recipes,
			&found->count);
		described |= !err;
		if (err) {
			error_destroy(err);
			found->count = 0;
		}
		if (model && !align(found, model))
			return error_no_memory();
		if (!model && found->count)
			model = found;
	}
	if (model)
		return add_variables(program, ret, model);
	return place->kind == PLACE_FUNCTION && !described ? add_registers(ret) : NULL;
}
