/* Dereferences, fields, elements, slices and map entries of values: see value.h. */
#include "dbg/go/values/value_state.h"

#include <inttypes.h>

#include "dbg/go/values/map.h"
#include "dbg/go/types/type_state.h"

struct error *value_dereference(
	struct program *program, const struct value *value, struct value *ret)
{
	*ret = (struct value){0};
	if (value->type->kind == GO_INTERFACE) {
		struct value inner;
		struct error *err = value_part_dynamic(program, value, &inner);
		if (!err && !inner.type)
			err = error_create(
				ERROR_NOT_FOUND, "the value is a nil %s", value->type->name);
		if (!err)
			err = value_dereference(program, &inner, ret);
		return err;
	}
	if (value->type->kind != GO_POINTER)
		return error_create(ERROR_USAGE, "%s is not a pointer", value->type->name);
	return value_part_pointed(program, value, ret);
}

struct error *value_field(
	struct program *program, const struct value *value, const char *name, struct value *ret)
{
	struct value part = {0};
	*ret = part;
	struct error *err = value_part_field(program, value, name, &part);
	if (!err)
		err = value_own(&part);
	if (!err)
		*ret = part;
	return err;
}

struct error *value_index(
	struct program *program, const struct value *value, int64_t index, struct value *ret)
{
	struct value_list list;
	struct value part = {0};
	*ret = part;
	if (value->type->kind == GO_MAP) {
		struct value_key key = {.kind = KEY_INTEGER, .integer = index};
		return value_map_entry(program, value, &key, ret);
	}
	struct error *err = value_open_list(program, value, &list);
	if (!err && (index < 0 || (uint64_t)index >= list.length))
		err = error_create(ERROR_NOT_FOUND,
			"no element %" PRId64 ": the length is %" PRIu64, index, list.length);
	if (!err && !list.element) /* a string */
		err = program_type_named(program, "uint8", &list.element);
	if (!err)
		err = value_list_element(&list, (uint64_t)index, &part);
	if (!err)
		err = value_own(&part);
	if (!err)
		*ret = part;
	return err;
}

static struct error *make_bytes(
	const struct go_type *type, const uint64_t *words, struct value *ret)
{
	uint8_t *bytes = malloc((size_t)type->size);
	if (!bytes)
		return error_no_memory();
	memcpy(bytes, words, (size_t)type->size);
	*ret = (struct value){.type = type, .bytes = bytes};
	return NULL;
}

struct error *value_slice(struct program *program, const struct value *value, int64_t low,
	int64_t high, struct value *ret)
{
	struct value_list list;
	*ret = (struct value){0};
	struct error *err = value_open_list(program, value, &list);
	if (err)
		return err;
	if (low < 0)
		low = 0;
	if (high < 0)
		high = (int64_t)list.length;
	if (low > high || (uint64_t)high > list.capacity)
		return error_create(ERROR_NOT_FOUND,
			"bounds [%" PRId64 ":%" PRId64 "] are out of range: the length is %" PRIu64,
			low, high, list.length);
	uint64_t size = list.element ? list.element->size : 1;
	uint64_t words[3] = {list.address + (uint64_t)low * size, (uint64_t)(high - low),
		list.capacity - (uint64_t)low};
	const struct go_type *type = NULL;
	if (list.base.type && !list.address)
		return error_create(ERROR_USAGE, "cannot slice an array that is in registers");
	if (!list.element)
		err = program_type_named(program, "string", &type);
	else
		err = type_derive(program, GO_SLICE, list.element, &type);
	if (!err && type->size != (list.element ? 24 : 16))
		err = error_create(ERROR_BAD_DATA, "%s has an unexpected size", type->name);
	return err ? err : make_bytes(type, words, ret);
}

static struct error *channel_length(
	struct program *program, const struct value *value, bool capacity, uint64_t *ret)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t channel;
	*ret = 0;
	struct error *err = value_word(program, value, 0, &channel);
	if (err || !channel)
		return err;
	return program_read_field(
		program, channel, capacity ? layout->hchan.dataqsiz : layout->hchan.qcount, ret);
}

struct error *value_length(
	struct program *program, const struct value *value, bool capacity, uint64_t *ret)
{
	struct value of;
	struct value_list list;
	uint64_t map;
	struct error *err = value_concrete(program, value, &of);
	if (err)
		return err;
	if (of.type->kind == GO_CHAN)
		return channel_length(program, &of, capacity, ret);
	if (of.type->kind == GO_MAP && !capacity) {
		err = value_word(program, &of, 0, &map);
		return err ? err : map_length(program, map, ret);
	}
	if (of.type->kind != GO_SLICE && of.type->kind != GO_ARRAY &&
		(of.type->kind != GO_STRING || capacity))
		return error_create(ERROR_USAGE, "%s has no %s", of.type->name,
			capacity ? "capacity" : "length");
	err = value_open_list(program, &of, &list);
	*ret = err ? 0 : capacity ? list.capacity : list.length;
	return err;
}

/* ---- Interfaces ---- */

/* The dynamic type of an interface, from its first word. */
static struct error *dynamic_type(
	struct program *program, bool empty, uint64_t word, const struct go_type **ret)
{
	struct error *err = NULL;
	if (!empty && !field_present(program->layout.itab.type))
		return error_create(ERROR_NOT_FOUND, "the layout of itabs is unknown");
	if (!empty)
		err = program_read_field(program, word, program->layout.itab.type, &word);
	if (!err)
		err = program_type_at(program, word, ret);
	if (!err && (*ret)->direct && (*ret)->size > sizeof(word))
		err = error_create(ERROR_BAD_DATA, "%s does not fit in one word", (*ret)->name);
	return err;
}

struct error *value_part_dynamic(
	struct program *program, const struct value *value, struct value *ret)
{
	*ret = (struct value){0};
	if (value->type->kind != GO_INTERFACE)
		return error_create(ERROR_USAGE, "%s is not an interface", value->type->name);
	uint64_t words[2];
	bool empty;
	const struct go_type *type;
	struct error *err = go_type_is_empty_interface(program, value->type, &empty);
	if (!err)
		err = value_copy(program, value, 0, words, sizeof(words));
	if (err || !words[0])
		return err;
	err = dynamic_type(program, empty, words[0], &type);
	if (err)
		return err;
	*ret = (struct value){.type = type};
	if (!type->direct)
		ret->address = words[1];
	else if (value->bytes) /* the second word is the value itself */
		ret->bytes = value->bytes + sizeof(words[0]);
	else
		ret->address = value->address + sizeof(words[0]);
	return NULL;
}

struct error *value_dynamic(struct program *program, const struct value *value, struct value *ret)
{
	struct error *err = value_part_dynamic(program, value, ret);
	if (!err && ret->type)
		err = value_own(ret);
	if (err)
		*ret = (struct value){0};
	return err;
}

/* ---- Maps ---- */

struct map_search {
	struct program *program;
	const struct go_type *key_type, *value_type;
	const struct value_key *key;
	struct value found; /* type NULL: not found */
};

static struct error *key_matches(struct map_search *search, const struct value *at, bool *ret)
{
	const struct value_key *key = search->key;
	enum go_kind kind = at->type->kind;
	*ret = false;
	if (kind == GO_INTERFACE) {
		struct value inner;
		struct error *err = value_part_dynamic(search->program, at, &inner);
		if (err || !inner.type || inner.type->kind == GO_INTERFACE)
			return err;
		return key_matches(search, &inner, ret);
	}
	if (kind == GO_STRING && key->kind == KEY_STRING) {
		_cleanup_free_ char *text = NULL;
		size_t size;
		uint64_t length;
		struct error *err = value_read_text(
			search->program, at, key->string_size + 1, &text, &size, &length);
		*ret = !err && length == key->string_size &&
		       memcmp(text, key->string, key->string_size) == 0;
		return err;
	}
	bool integer = go_kind_is_signed(kind) || go_kind_is_unsigned(kind);
	if ((integer && key->kind == KEY_INTEGER) || (kind == GO_BOOL && key->kind == KEY_BOOL)) {
		int64_t number;
		struct error *err = value_integer(search->program, at, &number);
		*ret = !err && number == key->integer;
		return err;
	}
	return NULL;
}

static struct error *visit_entry(void *context, uint64_t key, uint64_t value)
{
	struct map_search *search = context;
	struct value at = {.type = search->key_type, .address = key};
	bool same;
	struct error *err = key_matches(search, &at, &same);
	if (err || !same)
		return err;
	search->found = (struct value){.type = search->value_type, .address = value};
	return error_stop;
}

static bool key_fits(const struct go_type *type, const struct value_key *key)
{
	enum go_kind kind = type->kind;
	return kind == GO_INTERFACE || (kind == GO_STRING && key->kind == KEY_STRING) ||
	       (kind == GO_BOOL && key->kind == KEY_BOOL) ||
	       ((go_kind_is_signed(kind) || go_kind_is_unsigned(kind)) && key->kind == KEY_INTEGER);
}

struct error *value_map_entry(struct program *program, const struct value *value,
	const struct value_key *key, struct value *ret)
{
	struct map_search search = {.program = program, .key = key};
	struct value map = *value;
	uint64_t address = 0;
	*ret = (struct value){0};
	struct error *err = NULL;
	if (value->type->kind != GO_MAP)
		err = value_concrete(program, value, &map);
	if (!err && map.type->kind != GO_MAP)
		err = error_create(ERROR_USAGE, "%s is not a map", map.type->name);
	if (!err)
		err = go_type_key(program, map.type, &search.key_type);
	if (!err)
		err = go_type_element(program, map.type, &search.value_type);
	if (!err && !key_fits(search.key_type, key))
		err = error_create(
			ERROR_USAGE, "the keys of %s have a different type", map.type->name);
	if (!err)
		err = value_word(program, &map, 0, &address);
	if (!err && address)
		err = map_visit(program, map.type, address, visit_entry, &search);
	if (!err && !search.found.type)
		err = error_create(ERROR_NOT_FOUND, "the map has no such key");
	if (!err)
		*ret = search.found;
	return err;
}
