/* Decodes values without parts: see value_scalar.h. */
#include "dbg/go/values/value_scalar.h"

#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/values/go_text.h"
#include "dbg/go/stacks/function.h"
#include "dbg/go/values/value_state.h"

static struct error *set_text(struct value_node *node, char *text)
{
	if (!text)
		return error_no_memory();
	free(node->text);
	node->text = text;
	node->text_size = strlen(text);
	return NULL;
}

static struct error *describe_float(
	struct program *program, const struct value *value, struct value_node *ret)
{
	char parts[2][GO_FLOAT_SIZE], *text = NULL;
	enum go_kind kind = value->type->kind;
	bool complex = kind == GO_COMPLEX64 || kind == GO_COMPLEX128;
	bool small = kind == GO_FLOAT32 || kind == GO_COMPLEX64;
	double numbers[2] = {0, 0};
	float floats[2];
	struct error *err =
		small ? value_copy(program, value, 0, floats, sizeof(float) * (1 + complex))
		      : value_copy(program, value, 0, numbers, sizeof(double) * (1 + complex));
	if (err)
		return err;
	for (int i = 0; i <= complex; i++)
		go_format_float(small ? (double)floats[i] : numbers[i], small ? 32 : 64, parts[i]);
	if (!complex)
		return set_text(ret, strdup(parts[0]));
	bool sign = parts[1][0] == '-' || parts[1][0] == '+';
	if (asprintf(&text, "(%s%s%si)", parts[0], sign ? "" : "+", parts[1]) < 0)
		text = NULL;
	return set_text(ret, text);
}

static struct error *describe_integer(
	struct program *program, const struct value *value, struct value_node *ret)
{
	int64_t number;
	char text[32];
	struct error *err = value_integer(program, value, &number);
	if (err)
		return err;
	enum go_kind kind = value->type->kind;
	if (kind == GO_BOOL)
		snprintf(text, sizeof(text), "%s", number ? "true" : "false");
	else if (kind == GO_UINTPTR)
		snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)number);
	else if (go_kind_is_unsigned(kind))
		snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)number);
	else
		snprintf(text, sizeof(text), "%" PRId64, number);
	return set_text(ret, strdup(text));
}

/* A func value points to a closure, whose first word is the code. */
static struct error *describe_function(
	struct program *program, const struct value *value, struct value_node *ret)
{
	uint64_t closure, code;
	struct error *err = value_word(program, value, 0, &closure);
	if (err)
		return err;
	ret->is_nil = !closure;
	if (!closure)
		return set_text(ret, strdup("nil"));
	err = target_read_u64(program->target, closure, &code);
	if (err)
		return err;
	ret->address = code;
	const char *name = program_function_name(program, code);
	char text[32];
	snprintf(text, sizeof(text), "0x%" PRIx64, code);
	return set_text(ret, strdup(name ? name : text));
}

static struct error *describe_unsafe_pointer(
	struct program *program, const struct value *value, struct value_node *ret)
{
	char text[32];
	struct error *err = value_word(program, value, 0, &ret->address);
	if (err)
		return err;
	ret->is_nil = !ret->address;
	snprintf(text, sizeof(text), "0x%" PRIx64, ret->address);
	return set_text(ret, strdup(ret->is_nil ? "nil" : text));
}

static struct error *describe_channel(
	struct program *program, const struct value *value, struct value_node *ret)
{
	uint64_t closed = 0;
	ret->shape = VALUE_CHAN;
	struct error *err = value_word(program, value, 0, &ret->address);
	ret->is_nil = !err && !ret->address;
	if (err || ret->is_nil)
		return err;
	err = program_read_field(program, ret->address, program->layout.hchan.qcount, &ret->length);
	if (!err)
		err = program_read_field(
			program, ret->address, program->layout.hchan.dataqsiz, &ret->capacity);
	if (!err)
		err = program_read_field(
			program, ret->address, program->layout.hchan.closed, &closed);
	ret->closed = closed != 0;
	return err;
}

static struct error *describe_string(
	struct program *program, const struct value *value, size_t limit, struct value_node *ret)
{
	ret->shape = VALUE_STRING;
	struct error *err =
		value_read_text(program, value, limit, &ret->text, &ret->text_size, &ret->length);
	ret->partial = !err && ret->length > ret->text_size;
	return err;
}

struct error *value_describe_scalar(struct program *program, const struct value *value,
	size_t string_limit, struct value_node *ret)
{
	switch (value->type->kind) {
	case GO_FLOAT32 ... GO_COMPLEX128:
		return describe_float(program, value, ret);
	case GO_STRING:
		return describe_string(program, value, string_limit, ret);
	case GO_UNSAFE_POINTER:
		return describe_unsafe_pointer(program, value, ret);
	case GO_FUNC:
		return describe_function(program, value, ret);
	case GO_CHAN:
		return describe_channel(program, value, ret);
	default:
		return describe_integer(program, value, ret);
	}
}
