/* Reads parts of values without copying them: see value_state.h. */
#include "dbg/go/values/value_state.h"

bool go_kind_is_signed(enum go_kind kind)
{
	return kind >= GO_INT && kind <= GO_INT64;
}

bool go_kind_is_unsigned(enum go_kind kind)
{
	return kind >= GO_UINT && kind <= GO_UINTPTR;
}

void value_deinit(struct value *value)
{
	free(value->bytes);
	*value = (struct value){0};
}

struct error *value_part(
	const struct value *value, uint64_t offset, const struct go_type *type, struct value *ret)
{
	if (offset > value->type->size || type->size > value->type->size - offset)
		return error_create(ERROR_BAD_DATA, "%s does not fit in the %s that contains it",
			type->name, value->type->name);
	*ret = (struct value){.type = type};
	if (value->bytes)
		ret->bytes = value->bytes + offset;
	else
		ret->address = value->address + offset;
	return NULL;
}

struct error *value_own(struct value *value)
{
	if (!value->bytes)
		return NULL;
	size_t size = (size_t)value->type->size;
	uint8_t *copy = malloc(size + 1);
	if (copy)
		memcpy(copy, value->bytes, size);
	value->bytes = copy;
	return copy ? NULL : error_no_memory();
}

struct error *value_copy(
	struct program *program, const struct value *value, uint64_t offset, void *ret, size_t size)
{
	if (offset > value->type->size || size > value->type->size - offset)
		return error_create(ERROR_BAD_DATA, "%s is too small", value->type->name);
	if (!size)
		return NULL;
	if (!value->bytes)
		return target_read(program->target, value->address + offset, ret, size);
	memcpy(ret, value->bytes + offset, size);
	return NULL;
}

struct error *value_read(struct program *program, const struct value *value, void *ret)
{
	return value_copy(program, value, 0, ret, (size_t)value->type->size);
}

struct error *value_word(
	struct program *program, const struct value *value, uint64_t offset, uint64_t *ret)
{
	*ret = 0;
	return value_copy(program, value, offset, ret, sizeof(*ret));
}

struct error *value_integer(struct program *program, const struct value *value, int64_t *ret)
{
	uint64_t raw = 0;
	size_t size = (size_t)value->type->size;
	if (!size || size > sizeof(raw))
		return error_create(ERROR_USAGE, "%s is not an integer", value->type->name);
	struct error *err = value_copy(program, value, 0, &raw, size);
	unsigned shift = 64 - 8 * (unsigned)size;
	*ret = go_kind_is_signed(value->type->kind) ? (int64_t)(raw << shift) >> shift
						    : (int64_t)raw;
	return err;
}

struct error *value_read_text(struct program *program, const struct value *value, size_t limit,
	char **ret, size_t *ret_size, uint64_t *ret_length)
{
	uint64_t data, length;
	struct error *err = value_word(program, value, 0, &data);
	if (!err)
		err = value_word(program, value, 8, &length);
	if (err)
		return err;
	if (length > MAX_STRING_LENGTH)
		return error_create(ERROR_BAD_DATA, "implausible string length: %llu bytes",
			(unsigned long long)length);
	size_t size = length < limit ? (size_t)length : limit;
	_cleanup_free_ char *text = malloc(size + 1);
	if (!text)
		return error_no_memory();
	err = size ? target_read(program->target, data, text, size) : NULL;
	if (err)
		return err;
	text[size] = 0;
	*ret = take_pointer(text);
	*ret_size = size;
	*ret_length = length;
	return NULL;
}

/* ---- Fields, elements, pointers ---- */

static struct error *nil_error(const struct go_type *type)
{
	return error_create(ERROR_NOT_FOUND, "the value is a nil %s", type->name);
}

struct error *value_part_pointed(
	struct program *program, const struct value *value, struct value *ret)
{
	uint64_t address;
	const struct go_type *element;
	struct error *err = go_type_element(program, value->type, &element);
	if (!err)
		err = value_word(program, value, 0, &address);
	if (err)
		return err;
	if (!address)
		return nil_error(value->type);
	*ret = (struct value){.type = element, .address = address};
	return NULL;
}

struct error *value_concrete(struct program *program, const struct value *value, struct value *ret)
{
	enum { MOST = 8 };
	*ret = *value;
	for (int i = 0; i < MOST; i++) {
		struct value next;
		struct error *err;
		if (ret->type->kind == GO_POINTER)
			err = value_part_pointed(program, ret, &next);
		else if (ret->type->kind == GO_INTERFACE)
			err = value_part_dynamic(program, ret, &next);
		else
			return NULL;
		if (err)
			return err;
		if (!next.type)
			return nil_error(ret->type);
		*ret = next;
	}
	return error_create(ERROR_USAGE, "too many pointers to pointers");
}

struct error *value_part_field(
	struct program *program, const struct value *value, const char *name, struct value *ret)
{
	struct value outer;
	struct go_field field;
	struct error *err = value_concrete(program, value, &outer);
	if (!err && outer.type->kind != GO_STRUCT)
		err = error_create(ERROR_USAGE, "%s has no fields", outer.type->name);
	if (!err)
		err = go_type_field(program, outer.type, name, &field);
	if (!err)
		return value_part(&outer, field.offset, field.type, ret);
	if (err->code != ERROR_NOT_FOUND || outer.type == NULL || outer.type->kind != GO_STRUCT)
		return err;
	/* Try the fields of structs that are embedded by pointer. */
	const struct go_field *fields;
	size_t count;
	struct error *other = go_type_fields(program, outer.type, &fields, &count);
	for (size_t i = 0; !other && i < count; i++) {
		struct value pointer, inner;
		if (!fields[i].embedded || fields[i].type->kind != GO_POINTER)
			continue;
		struct error *failed =
			value_part(&outer, fields[i].offset, fields[i].type, &pointer);
		if (!failed)
			failed = value_part_pointed(program, &pointer, &inner);
		if (!failed)
			failed = go_type_field(program, inner.type, name, &field);
		if (!failed)
			failed = value_part(&inner, field.offset, field.type, ret);
		if (!failed) {
			error_destroy(err);
			return NULL;
		}
		error_destroy(failed);
	}
	error_destroy(other);
	return err;
}

struct error *value_open_list(
	struct program *program, const struct value *value, struct value_list *ret)
{
	struct value pointed = *value;
	struct error *err = NULL;
	*ret = (struct value_list){0};
	if (value->type->kind == GO_POINTER || value->type->kind == GO_INTERFACE)
		err = value_concrete(program, value, &pointed);
	if (err)
		return err;
	const struct go_type *type = pointed.type;
	if (type->kind != GO_STRING && type->kind != GO_SLICE && type->kind != GO_ARRAY)
		return error_create(ERROR_USAGE, "%s has no elements", type->name);
	if (type->kind != GO_STRING)
		err = go_type_element(program, type, &ret->element);
	if (err)
		return err;
	if (type->kind == GO_ARRAY) {
		ret->base = pointed;
		ret->address = pointed.address;
		ret->length = ret->capacity = type->length;
		return NULL;
	}
	err = value_word(program, &pointed, 0, &ret->address);
	if (!err)
		err = value_word(program, &pointed, 8, &ret->length);
	ret->capacity = ret->length;
	if (!err && type->kind == GO_SLICE)
		err = value_word(program, &pointed, 16, &ret->capacity);
	if (!err && (ret->length > MAX_STRING_LENGTH || ret->length > ret->capacity ||
			    (ret->length && !ret->address)))
		err = error_create(ERROR_BAD_DATA, "implausible length of a %s: %llu elements",
			type->name, (unsigned long long)ret->length);
	return err;
}

struct error *value_list_element(const struct value_list *list, uint64_t index, struct value *ret)
{
	if (list->base.type)
		return value_part(&list->base, index * list->element->size, list->element, ret);
	*ret = (struct value){
		.type = list->element, .address = list->address + index * list->element->size};
	return NULL;
}
