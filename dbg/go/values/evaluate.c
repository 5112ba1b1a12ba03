/* Evaluates the steps of an access expression: see evaluate.h. */
#include "dbg/go/values/evaluate.h"

#include <stdio.h>

#include "dbg/expr/diagnose.h"
#include "dbg/go/types/type_state.h"
#include "dbg/go/values/value_state.h"

enum { MAX_NAME = 1024 };

/* ---- Names ---- */

static struct error *copy_value(const struct value *value, struct value *ret)
{
	*ret = *value;
	struct error *err = value_own(ret);
	if (err)
		*ret = (struct value){0};
	return err;
}

/* The global `package`.`name`; `*ret_found` is false if there is none. */
static struct error *find_global(const struct evaluation *evaluation, const char *package,
	size_t package_size, const char *name, struct value *ret, bool *ret_found)
{
	char full[MAX_NAME];
	*ret_found = false;
	if (snprintf(full, sizeof(full), "%.*s.%s", (int)package_size, package, name) >=
		(int)sizeof(full))
		return NULL;
	struct error *err = program_global(evaluation->program, full, ret);
	*ret_found = !err;
	if (err && err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		return NULL;
	}
	return err;
}

/* The package of "net/http.(*conn).serve" is "net/http". */
static size_t package_size(const char *function)
{
	const char *slash = strrchr(function, '/');
	const char *dot = strchr(slash ? slash : function, '.');
	return dot ? (size_t)(dot - function) : 0;
}

static void suggest(const struct evaluation *evaluation, const char *name, char *ret, size_t size)
{
	struct expr_suggestion suggestion = {.word = name, .size = strlen(name)};
	for (size_t i = 0; evaluation->variables && i < evaluation->variables->count; i++)
		expr_suggestion_offer(&suggestion, evaluation->variables->items[i].name);
	if (suggestion.best)
		snprintf(ret, size, " (did you mean %s?)", suggestion.best);
}

/* Looks up the name that an expression begins with; it consists of `*ret_used` steps. */
static struct error *start_name(const struct evaluation *evaluation, const struct access *access,
	size_t first, struct value *ret, size_t *ret_used)
{
	const struct access_step *step = &access->steps[first], *next = step + 1;
	const struct variable *variable =
		evaluation->variables ? variables_find(evaluation->variables, step->name) : NULL;
	*ret_used = 1;
	if (variable && variable->missing)
		return error_create(
			ERROR_NOT_FOUND, "%s is not available: %s", step->name, variable->missing);
	if (variable)
		return copy_value(&variable->value, ret);
	if (strchr(step->name, '/'))
		return program_global(evaluation->program, step->name, ret);
	bool found = false;
	struct error *err = NULL;
	if (evaluation->function)
		err = find_global(evaluation, evaluation->function,
			package_size(evaluation->function), step->name, ret, &found);
	if (err || found)
		return err;
	if (first + 1 < access->count && next->kind == ACCESS_FIELD) {
		char full[MAX_NAME];
		snprintf(full, sizeof(full), "%s.%s", step->name, next->name);
		*ret_used = 2;
		return program_global(evaluation->program, full, ret);
	}
	char hint[128] = "";
	suggest(evaluation, step->name, hint, sizeof(hint));
	return error_create(
		ERROR_NOT_FOUND, "there is no variable %s in scope%s", step->name, hint);
}

/* ---- Types ---- */

static struct error *make_word(const struct go_type *type, uint64_t word, struct value *ret)
{
	*ret = (struct value){.type = type, .bytes = malloc(sizeof(word))};
	if (!ret->bytes)
		return error_no_memory();
	memcpy(ret->bytes, &word, sizeof(word));
	return NULL;
}

static struct error *start_number(
	const struct evaluation *evaluation, const struct access_step *step, struct value *ret)
{
	const struct go_type *type;
	struct error *err = program_type_named(evaluation->program, "uintptr", &type);
	if (!err && type->size != sizeof(uint64_t))
		err = error_create(ERROR_BAD_DATA, "uintptr has an unexpected size");
	return err ? err : make_word(type, (uint64_t)step->low, ret);
}

static struct error *cast(
	struct program *program, const struct access_step *step, struct value *value)
{
	const struct go_type *type;
	uint64_t word = 0;
	struct error *err = program_type_named(program, step->name, &type);
	if (err)
		return err;
	if (type->size != sizeof(word))
		return error_create(ERROR_USAGE,
			"%s is not one word long; to read one at an address, write *(*%s)(...)",
			type->name, type->name);
	if (value->type->size != sizeof(word))
		return error_create(ERROR_USAGE, "%s is not one word long", value->type->name);
	err = value_word(program, value, 0, &word);
	value_deinit(value);
	return err ? err : make_word(type, word, value);
}

/* Whether `name` is the type's name, with or without the full import path. */
static bool is_type_name(struct program *program, const char *name, const struct go_type *type)
{
	const struct go_type *wanted;
	if (strcmp(type->name, name) == 0)
		return true;
	struct error *err = program_type_named(program, name, &wanted);
	bool same = !err && wanted == type;
	error_destroy(err);
	return same;
}

static struct error *assert_type(
	struct program *program, const struct access_step *step, struct value *value)
{
	struct value inner;
	struct error *err = value_dynamic(program, value, &inner);
	if (err)
		return err;
	if (!inner.type)
		return error_create(ERROR_NOT_FOUND, "the value is a nil %s", value->type->name);
	if (!is_type_name(program, step->name, inner.type)) {
		err = error_create(ERROR_USAGE, "the interface holds type %s, not %s",
			inner.type->name, step->name);
		value_deinit(&inner);
		return err;
	}
	value_deinit(value);
	*value = inner;
	return NULL;
}

static struct error *take_address(struct program *program, struct value *value)
{
	const struct go_type *type;
	if (!value->address)
		return error_create(ERROR_USAGE, "the value is not in memory, so it has no "
						 "address");
	struct error *err = type_derive(program, GO_POINTER, value->type, &type);
	uint64_t address = value->address;
	value_deinit(value);
	return err ? err : make_word(type, address, value);
}

/* Replaces the value with its length or capacity. */
static struct error *take_length(struct program *program, bool capacity, struct value *value)
{
	const struct go_type *type;
	uint64_t length;
	struct error *err = value_length(program, value, capacity, &length);
	if (!err)
		err = program_type_named(program, "int", &type);
	if (err)
		return err;
	value_deinit(value);
	return make_word(type, length, value);
}

/* ---- Steps ---- */

static struct error *find_key(struct program *program, const struct access_step *step,
	const struct value *value, struct value *ret)
{
	struct value_key key = {.kind = KEY_INTEGER, .integer = step->low};
	if (step->kind == ACCESS_KEY)
		key = (struct value_key){
			.kind = KEY_STRING, .string = step->name, .string_size = step->name_size};
	else if (step->kind == ACCESS_BOOL)
		key.kind = KEY_BOOL;
	return value_map_entry(program, value, &key, ret);
}

static struct error *index_value(struct program *program, const struct access_step *step,
	const struct value *value, struct value *ret)
{
	struct value concrete;
	struct error *err = value_concrete(program, value, &concrete);
	if (err)
		return err;
	return concrete.type->kind == GO_MAP ? find_key(program, step, value, ret)
					     : value_index(program, value, step->low, ret);
}

/* Replaces `value` with the result of the step. */
static struct error *step_value(
	struct program *program, const struct access_step *step, struct value *value)
{
	struct value next = {0};
	struct error *err = NULL;
	switch (step->kind) {
	case ACCESS_CAST:
		return cast(program, step, value);
	case ACCESS_ASSERT:
		return assert_type(program, step, value);
	case ACCESS_ADDRESS:
		return take_address(program, value);
	case ACCESS_FIELD:
		err = value_field(program, value, step->name, &next);
		break;
	case ACCESS_INDEX:
		err = index_value(program, step, value, &next);
		break;
	case ACCESS_KEY:
	case ACCESS_BOOL:
		err = find_key(program, step, value, &next);
		break;
	case ACCESS_SLICE:
		err = value_slice(program, value, step->low, step->high, &next);
		break;
	case ACCESS_DEREFERENCE:
		err = value_dereference(program, value, &next);
		break;
	case ACCESS_LENGTH:
	case ACCESS_CAPACITY:
		return take_length(program, step->kind == ACCESS_CAPACITY, value);
	case ACCESS_NAME:
	case ACCESS_NUMBER:
		err = error_create(ERROR_USAGE, "a name or number is not allowed here");
		break;
	}
	if (err)
		return err;
	value_deinit(value);
	*value = next;
	return NULL;
}

/* Adds the column of the step to an error, unless the step is not at fault. */
static struct error *add_column(struct error *err, const struct access *access, size_t offset)
{
	if (!err || strstr(err->message, " at column ") || error_is_final(err))
		return err;
	struct error *located = expr_diagnose(access->text, offset, NULL, "%s", err->message);
	error_destroy(err);
	return located;
}

struct error *evaluate(
	const struct evaluation *evaluation, const struct access *access, struct value *ret)
{
	struct program *program = evaluation->program;
	*ret = (struct value){0};
	for (size_t i = 0; i < access->count;) {
		const struct access_step *step = &access->steps[i];
		struct error *err;
		size_t used = 1;
		if (step->kind == ACCESS_NAME)
			err = start_name(evaluation, access, i, ret, &used);
		else if (step->kind == ACCESS_NUMBER)
			err = start_number(evaluation, step, ret);
		else
			err = step_value(program, step, ret);
		if (err) {
			value_deinit(ret);
			return add_column(err, access, step->offset);
		}
		i += used;
	}
	return NULL;
}
