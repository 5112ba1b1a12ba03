/* Finds the variables of a function that expressions can name: see location_variables.h. */
#include "dbg/break/location_variables.h"

#include <stdio.h>

#include "dbg/break/argument_words.h"
#include "dbg/go/program/program_state.h"

enum { MAX_NAMES = 800, MAX_DEPTH = 3, MAX_NAME = 200 };

/* A variable or a part of it, while its own parts are added. */
struct part {
	const struct go_type *type;
	struct location_variable variable; /* without name and form */
	const char *name;
	unsigned depth;
};

void location_variables_deinit(struct location_variables *variables)
{
	for (size_t i = 0; i < variables->count; i++)
		free(variables->items[i].name);
	free(variables->items);
	for (size_t i = 0; i < variables->location_count; i++)
		free(variables->locations[i].recipes);
	free(variables->locations);
	*variables = (struct location_variables){0};
}

static bool has_name(const struct location_variables *variables, const char *name)
{
	for (size_t i = 0; i < variables->count; i++) {
		if (strcmp(variables->items[i].name, name) == 0)
			return true;
	}
	return false;
}

static struct error *add_value(struct location_variables *variables, const struct part *part,
	enum variable_form form, enum expr_type type, const char *name)
{
	if (variables->count >= MAX_NAMES || strlen(name) > MAX_NAME || has_name(variables, name))
		return NULL;
	if (!array_reserve(&variables->items, &variables->capacity, variables->count + 1))
		return error_no_memory();
	struct location_variable *variable = &variables->items[variables->count];
	*variable = part->variable;
	variable->form = form;
	variable->type = type;
	variable->whole = part->depth == 0;
	variable->name = strdup(name);
	if (!variable->name)
		return error_no_memory();
	variables->count++;
	return NULL;
}

static struct error *add_part(
	struct program *program, struct location_variables *variables, const struct part *part);

static struct error *add_fields(
	struct program *program, struct location_variables *variables, const struct part *part)
{
	const struct go_field *fields;
	size_t count;
	struct error *err = go_type_fields(program, part->type, &fields, &count);
	if (err) { /* show the struct without its fields */
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
		field.variable.offsets[field.variable.steps - 1] += fields[i].offset;
		err = add_part(program, variables, &field);
		if (err)
			return err;
	}
	return NULL;
}

/* The fields of the struct that a pointer leads to. */
static struct error *add_target(
	struct program *program, struct location_variables *variables, const struct part *part)
{
	struct part target = *part;
	if (part->variable.steps >= VARIABLE_MAX_STEPS)
		return NULL;
	struct error *err = go_type_element(program, part->type, &target.type);
	if (err || target.type->kind != GO_STRUCT) {
		error_destroy(err);
		return NULL;
	}
	target.variable.offsets[target.variable.steps++] = 0;
	return add_fields(program, variables, &target);
}

static struct error *add_length(struct location_variables *variables, const struct part *part)
{
	char name[MAX_NAME + 2];
	int size = snprintf(name, sizeof(name), "%s.len", part->name);
	if (size < 0 || (size_t)size >= sizeof(name))
		return NULL;
	struct part length = *part;
	length.variable.offsets[length.variable.steps - 1] += 8;
	length.variable.size = 8;
	return add_value(variables, &length, VARIABLE_SIGNED, EXPR_INT, name);
}

/* Adds len(name) or cap(name): the `size` bytes at `offset` of the variable, or, with `behind`, of
 * what it points to. */
static struct error *add_measure(struct location_variables *variables, const struct part *part,
	const char *function, struct field field, bool behind)
{
	char name[MAX_NAME + 8];
	int size = snprintf(name, sizeof(name), "%s(%s)", function, part->name);
	if (size < 0 || (size_t)size >= sizeof(name) || !field_present(field) ||
		field.size > sizeof(uint64_t) || part->variable.steps + behind > VARIABLE_MAX_STEPS)
		return NULL;
	struct part measure = *part;
	measure.depth++; /* not shown in events */
	if (behind)
		measure.variable.offsets[measure.variable.steps++] = 0;
	measure.variable.offsets[measure.variable.steps - 1] += field.offset;
	measure.variable.size = field.size;
	return add_value(
		variables, &measure, behind ? VARIABLE_LENGTH : VARIABLE_SIGNED, EXPR_INT, name);
}

static struct error *add_array_length(struct location_variables *variables, const struct part *part)
{
	struct part constant = *part;
	constant.depth++;
	constant.variable.constant = part->type->length;
	static const char *const functions[] = {"len", "cap"};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < array_length(functions); i++) {
		char name[MAX_NAME + 8];
		int size = snprintf(name, sizeof(name), "%s(%s)", functions[i], part->name);
		if (size > 0 && (size_t)size < sizeof(name))
			err = add_value(variables, &constant, VARIABLE_CONSTANT, EXPR_INT, name);
	}
	return err;
}

/* Adds len(name) and cap(name) of the kinds that have them. */
static struct error *add_measures(
	struct program *program, struct location_variables *variables, const struct part *part)
{
	const struct runtime_layout *layout = &program->layout;
	static const struct field length = {8, 8}, capacity = {16, 8};
	struct error *err = NULL;
	switch (part->type->kind) {
	case GO_STRING:
		return add_measure(variables, part, "len", length, false);
	case GO_SLICE:
		err = add_measure(variables, part, "len", length, false);
		return err ? err : add_measure(variables, part, "cap", capacity, false);
	case GO_ARRAY:
		return add_array_length(variables, part);
	case GO_MAP:
		return add_measure(variables, part, "len",
			field_present(layout->swiss_map.used) ? layout->swiss_map.used
							      : layout->hmap.count,
			true);
	case GO_CHAN:
		err = add_measure(variables, part, "len", layout->hchan.qcount, true);
		return err ? err
			   : add_measure(variables, part, "cap", layout->hchan.dataqsiz, true);
	default:
		return NULL;
	}
}

static struct error *add_interface(
	struct program *program, struct location_variables *variables, const struct part *part)
{
	bool empty = false;
	error_destroy(go_type_is_empty_interface(program, part->type, &empty));
	return add_value(variables, part, empty ? VARIABLE_ANY : VARIABLE_INTERFACE, EXPR_STRING,
		part->name);
}

static struct error *add_part(
	struct program *program, struct location_variables *variables, const struct part *part)
{
	const struct go_type *type = part->type;
	struct part scalar = *part;
	struct error *err = add_measures(program, variables, part);
	if (err)
		return err;
	scalar.variable.size = type->size <= 8 ? (size_t)type->size : 8;
	switch (type->kind) {
	case GO_BOOL:
		return add_value(variables, &scalar, VARIABLE_BOOL, EXPR_BOOL, part->name);
	case GO_INT:
	case GO_INT8:
	case GO_INT16:
	case GO_INT32:
	case GO_INT64:
		if (go_type_is(type, "time", "Duration"))
			return add_value(
				variables, &scalar, VARIABLE_DURATION, EXPR_DURATION, part->name);
		return add_value(variables, &scalar, VARIABLE_SIGNED, EXPR_INT, part->name);
	case GO_UINT:
	case GO_UINT8:
	case GO_UINT16:
	case GO_UINT32:
	case GO_UINT64:
	case GO_UINTPTR:
		return add_value(variables, &scalar, VARIABLE_UNSIGNED, EXPR_INT, part->name);
	case GO_FLOAT32:
	case GO_FLOAT64:
		return add_value(variables, &scalar, VARIABLE_FLOAT, EXPR_FLOAT, part->name);
	case GO_STRING:
		return add_value(variables, &scalar, VARIABLE_STRING, EXPR_STRING, part->name);
	case GO_POINTER:
		err = add_value(variables, &scalar, VARIABLE_ADDRESS, EXPR_INT, part->name);
		return err ? err : add_target(program, variables, part);
	case GO_CHAN:
	case GO_MAP:
	case GO_FUNC:
	case GO_UNSAFE_POINTER:
		return add_value(variables, &scalar, VARIABLE_ADDRESS, EXPR_INT, part->name);
	case GO_SLICE:
		err = add_value(variables, &scalar, VARIABLE_ADDRESS, EXPR_INT, part->name);
		return err ? err : add_length(variables, part);
	case GO_INTERFACE:
		return add_interface(program, variables, part);
	case GO_STRUCT:
		return add_fields(program, variables, part);
	default:
		return NULL;
	}
}

/* Adds arg1 … if their words are known in at least one of the instructions. */
static struct error *add_words(struct program *program, struct location_variables *variables,
	const struct location *location, bool described)
{
	struct part part = {.variable = {.steps = 1, .size = 8}, .depth = 1};
	struct error *err = NULL;
	for (size_t i = 0; i < location->count && !err; i++) {
		struct located_variables *at = &variables->locations[i];
		free(at->recipes);
		err = argument_words(
			program, &location->items[i], described, &at->recipes, &at->count);
		variables->words |= at->count > 0;
	}
	for (size_t i = 0; i < ARGUMENT_WORDS && variables->words && !err; i++) {
		char name[8];
		snprintf(name, sizeof(name), "arg%zu", i + 1);
		part.variable.recipe = i;
		err = add_value(variables, &part, VARIABLE_ADDRESS, EXPR_INT, name);
	}
	return err;
}

static struct error *add_variable(struct program *program, struct location_variables *variables,
	const struct located_variables *location, size_t index)
{
	const struct variable_recipe *recipe = &location->recipes[index];
	struct part part = {.type = recipe->type, .name = recipe->name};
	part.variable.recipe = index;
	part.variable.steps = 1 + recipe->moved;
	return add_part(program, variables, &part);
}

/* Adds parameters first, so that they are kept if there are too many names. Of other variables with
 * the same name, the innermost wins; it is the last in the list. */
static struct error *add_variables(struct program *program, struct location_variables *variables,
	const struct located_variables *location)
{
	struct error *err = NULL;
	for (size_t i = 0; i < location->count && !err; i++) {
		if (location->recipes[i].is_argument)
			err = add_variable(program, variables, location, i);
	}
	for (size_t i = location->count; i-- > 0 && !err;) {
		if (!location->recipes[i].is_argument)
			err = add_variable(program, variables, location, i);
	}
	return err;
}

/* Reorders the recipes to match those of `model`, by name and type. */
static bool align(struct located_variables *location, const struct located_variables *model)
{
	struct variable_recipe *aligned = calloc(model->count + 1, sizeof(*aligned));
	for (size_t i = 0; aligned && i < model->count; i++) {
		for (size_t j = 0; j < location->count; j++) {
			const struct variable_recipe *recipe = &location->recipes[j];
			if (strcmp(recipe->name, model->recipes[i].name) == 0 &&
				recipe->type == model->recipes[i].type &&
				recipe->moved == model->recipes[i].moved)
				aligned[i] = *recipe;
		}
	}
	free(location->recipes);
	location->recipes = aligned;
	location->count = aligned ? model->count : 0;
	return aligned;
}

struct error *location_variables_find(
	struct program *program, const struct location *location, struct location_variables *ret)
{
	*ret = (struct location_variables){0};
	if (location->kind < LOCATION_FUNCTION)
		return NULL;
	ret->locations = calloc(location->count + 1, sizeof(*ret->locations));
	if (!ret->locations)
		return error_no_memory();
	ret->location_count = location->count;
	const struct located_variables *model = NULL;
	bool described = false;
	for (size_t i = 0; i < location->count; i++) {
		const struct breakpoint_location *item = &location->items[i];
		struct located_variables *found = &ret->locations[i];
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
	return location->kind == LOCATION_FUNCTION ? add_words(program, ret, location, described)
						   : NULL;
}
