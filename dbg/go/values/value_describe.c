/* Decodes values into trees of nodes: see value.h. */
#include "dbg/go/values/closure.h"
#include "dbg/go/values/map.h"
#include "dbg/go/values/value_content.h"
#include "dbg/go/values/value_note.h"
#include "dbg/go/values/value_scalar.h"
#include "dbg/go/values/value_state.h"

enum {
	MAX_NESTING = 100, /* of nodes, regardless of the limits: the code recurses */
	MAX_ARRAY_NODES = 1 << 20,
};

const struct value_limits value_limits_default = {
	.depth = 4, .elements = 64, .string = 1024, .nodes = 2000};
const struct value_limits value_limits_short = {
	.depth = 1, .elements = 4, .string = 64, .nodes = 16};

struct description {
	struct program *program;
	const struct value_limits *limits;
	size_t nodes; /* created so far */
	/* The pointers followed to the current value; one that occurs again is a cycle. */
	struct value path[MAX_NESTING];
	size_t path_length;
};

static struct error *describe_value(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret);

void value_node_drop_notes(struct value_node *node)
{
	free(take_pointer(node->note));
	if (node->type && node->type->kind == GO_FUNC)
		node->text_size = 0; /* the function's name */
	for (size_t i = 0; i < node->count; i++)
		value_node_drop_notes(&node->children[i]);
}

void value_node_deinit(struct value_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		value_node_deinit(&node->children[i]);
	free(node->children);
	if (node->content)
		value_node_deinit(node->content);
	free(node->content);
	free(node->text);
	free(node->note);
	*node = (struct value_node){0};
}

/* ---- Values with children ---- */

/* Allocates `count` children, or as many as the limits allow; none at the depth limit. */
static struct error *make_children(struct description *description, struct value_node *node,
	uint64_t count, size_t depth, size_t *ret)
{
	size_t left = description->nodes < description->limits->nodes
			      ? description->limits->nodes - description->nodes
			      : 0;
	*ret = 0;
	if (!count)
		return NULL;
	if (!depth || !left) {
		node->partial = true;
		return NULL;
	}
	size_t allowed = count < left ? (size_t)count : left;
	node->partial |= allowed < count;
	node->children = calloc(allowed, sizeof(*node->children));
	if (!node->children)
		return error_no_memory();
	description->nodes += allowed;
	*ret = allowed;
	return NULL;
}

static struct error *describe_child(struct description *description, struct value_node *node,
	const struct value *value, size_t depth)
{
	struct error *err = describe_value(description, value, depth, &node->children[node->count]);
	if (!err)
		node->count++;
	return err;
}

static struct error *describe_pointer(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	struct program *program = description->program;
	const struct go_type *element;
	ret->shape = VALUE_POINTER;
	struct error *err = value_word(program, value, 0, &ret->address);
	if (err)
		return err;
	ret->is_nil = !ret->address;
	for (size_t i = 0; i < description->path_length; i++)
		if (description->path[i].address == ret->address &&
			description->path[i].type == value->type)
			return NULL; /* a cycle */
	if (ret->is_nil || description->path_length == MAX_NESTING)
		return NULL;
	size_t room;
	err = go_type_element(program, value->type, &element);
	if (err || element->kind == GO_INVALID) {
		error_destroy(err);
		return NULL;
	}
	err = make_children(description, ret, 1, depth, &room);
	if (err || !room)
		return err;
	struct value pointed = {.type = element, .address = ret->address};
	description->path[description->path_length++] =
		(struct value){.type = value->type, .address = ret->address};
	err = describe_child(description, ret, &pointed, depth - 1);
	description->path_length--;
	return err;
}

static struct error *describe_interface(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	struct value inner;
	size_t room;
	ret->shape = VALUE_INTERFACE;
	struct error *err = value_part_dynamic(description->program, value, &inner);
	if (err)
		return err;
	ret->is_nil = !inner.type;
	if (ret->is_nil)
		return NULL;
	/* The value in an interface is at the same depth as the interface. */
	err = make_children(description, ret, 1, 1, &room);
	if (err || !room)
		return err;
	return describe_child(description, ret, &inner, depth);
}

struct map_entries {
	struct description *description;
	struct value_node *node;
	size_t depth;
	size_t capacity;
};

static struct error *describe_pair(
	void *context, const struct value *key, const struct value *value)
{
	struct map_entries *entries = context;
	struct description *description = entries->description;
	struct value_node *node = entries->node;
	node->length++;
	node->partial |= !entries->depth || node->length > description->limits->elements ||
			 description->nodes + 2 > description->limits->nodes;
	if (node->partial)
		return node->length == MAX_ARRAY_NODES ? error_stop : NULL;
	if (!array_reserve(&node->children, &entries->capacity, node->count + 2))
		return error_no_memory();
	memset(node->children + node->count, 0, 2 * sizeof(*node->children));
	description->nodes += 2;
	struct error *err = describe_child(description, node, key, entries->depth - 1);
	if (!err)
		err = describe_child(description, node, value, entries->depth - 1);
	if (node->count % 2)
		value_node_deinit(&node->children[--node->count]);
	return err;
}

/* Describes what the struct contains, if its fields are not of interest. */
static struct error *describe_content(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	struct program *program = description->program;
	struct value inner;
	bool map = go_type_is_sync_map(value->type);
	struct error *err = value_atomic(program, value, &inner);
	if (err || (!map && !inner.type))
		return error_ignore_unreadable(err);
	ret->content = calloc(1, sizeof(*ret->content));
	if (!ret->content)
		return error_no_memory();
	description->nodes++;
	if (!map)
		return describe_value(description, &inner, depth, ret->content);
	struct map_entries entries = {description, ret->content, depth, 0};
	ret->content->shape = VALUE_MAP;
	err = value_sync_map_visit(program, value, describe_pair, &entries);
	if (err) {
		value_node_deinit(ret->content);
		free(take_pointer(ret->content));
		return error_ignore_unreadable(err);
	}
	value_sort_entries(ret->content);
	return NULL;
}

static struct error *describe_struct(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	const struct go_field *fields;
	size_t count, room;
	ret->shape = VALUE_STRUCT;
	struct error *err = describe_content(description, value, depth, ret);
	if (!err)
		err = go_type_fields(description->program, value->type, &fields, &count);
	if (!err)
		err = make_children(description, ret, count, depth, &room);
	for (size_t i = 0; !err && i < room; i++) {
		struct value field;
		err = value_part(value, fields[i].offset, fields[i].type, &field);
		if (!err)
			err = describe_child(description, ret, &field, depth - 1);
		if (!err)
			ret->children[i].name = fields[i].name;
	}
	return err;
}

/* Adds the variables that the func `value`, whose code is known, has captured. */
static struct error *describe_captured(struct description *description, const struct value *value,
	size_t depth, struct value_node *func)
{
	_cleanup_free_ struct captured *captured = NULL;
	size_t count = 0, room;
	uint64_t closure;
	struct error *err = value_word(description->program, value, 0, &closure);
	if (!err)
		err = closure_variables(
			description->program, closure, func->address, &captured, &count);
	if (err || !count)
		return err;
	func->content = calloc(1, sizeof(*func->content));
	if (!func->content)
		return error_no_memory();
	func->content->shape = VALUE_STRUCT;
	err = make_children(description, func->content, count, depth, &room);
	for (size_t i = 0; !err && i < room; i++) {
		err = describe_child(description, func->content, &captured[i].value, depth - 1);
		if (!err)
			func->content->children[i].name = captured[i].name;
	}
	return err;
}

static struct error *describe_func(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	enum { LEAST_DEPTH = 2 }; /* not in tables: searching DWARF takes time */
	struct error *err = value_describe_scalar(
		description->program, value, description->limits->string, ret);
	return err || ret->is_nil || depth < LEAST_DEPTH
		       ? err
		       : describe_captured(description, value, depth, ret);
}

static struct error *describe_list(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	struct value_list list;
	size_t room;
	ret->shape = VALUE_LIST;
	struct error *err = value_open_list(description->program, value, &list);
	if (err)
		return err;
	ret->length = list.length;
	ret->capacity = list.capacity;
	ret->is_nil = value->type->kind == GO_SLICE && !list.address && !list.length;
	ret->address = list.address;
	uint64_t most = description->limits->elements;
	ret->partial = list.length > most;
	err = make_children(
		description, ret, list.length < most ? list.length : most, depth, &room);
	for (size_t i = 0; !err && i < room; i++) {
		struct value element;
		err = value_list_element(&list, i, &element);
		if (!err)
			err = describe_child(description, ret, &element, depth - 1);
	}
	return err;
}

struct map_description {
	struct description *description;
	struct value_node *node;
	const struct go_type *key, *value;
	size_t depth, room;
};

static struct error *describe_entry(void *context, uint64_t key, uint64_t value)
{
	struct map_description *map = context;
	if (map->node->count + 2 > map->room) {
		map->node->partial = true;
		return error_stop;
	}
	struct value at = {.type = map->key, .address = key};
	struct error *err = describe_child(map->description, map->node, &at, map->depth);
	at = (struct value){.type = map->value, .address = value};
	if (!err)
		err = describe_child(map->description, map->node, &at, map->depth);
	return err;
}

static struct error *describe_map(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	struct program *program = description->program;
	struct map_description map = {.description = description, .node = ret};
	ret->shape = VALUE_MAP;
	struct error *err = value_word(program, value, 0, &ret->address);
	ret->is_nil = !err && !ret->address;
	if (err || ret->is_nil)
		return err;
	err = go_type_key(program, value->type, &map.key);
	if (!err)
		err = go_type_element(program, value->type, &map.value);
	if (!err)
		err = map_length(program, ret->address, &ret->length);
	if (err)
		return err;
	uint64_t most = description->limits->elements;
	ret->partial = ret->length > most;
	err = make_children(
		description, ret, 2 * (ret->length < most ? ret->length : most), depth, &map.room);
	if (err || !map.room)
		return err;
	map.depth = depth - 1;
	err = map_visit(program, value->type, ret->address, describe_entry, &map);
	if (ret->count % 2) /* a key without its value, which failed */
		value_node_deinit(&ret->children[--ret->count]);
	if (!err || ret->count)
		value_sort_entries(ret);
	ret->partial |= err != NULL;
	return ret->count ? error_ignore_fault(err) : err;
}

/* ---- All kinds ---- */

/*
 * If no part of a struct, array or slice could be read, one message instead of one per part: the
 * value itself is missing, or for a slice all elements but the first are left out. Empty structs do
 * not count: there is nothing to read.
 */
static void join_missing(struct value_node *node)
{
	const struct value_node *missing = NULL;
	if (node->shape != VALUE_STRUCT && node->shape != VALUE_LIST)
		return;
	for (size_t i = 0; i < node->count; i++) {
		const struct value_node *child = &node->children[i];
		if (child->shape == VALUE_MISSING)
			missing = missing ? missing : child;
		else if (child->type->size)
			return;
	}
	if (!missing)
		return;
	if (node->type->kind == GO_SLICE) {
		while (node->count > 1)
			value_node_deinit(&node->children[--node->count]);
		node->partial = true;
		return;
	}
	struct value_node joined = {.shape = VALUE_MISSING,
		.type = node->type,
		.text = strdup(missing->text),
		.text_size = missing->text_size,
		.partial = true};
	if (!joined.text)
		return;
	value_node_deinit(node);
	*node = joined;
}

static struct error *describe_kind(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	switch (value->type->kind) {
	case GO_INVALID:
		return error_create(ERROR_NOT_FOUND, "unknown type");
	case GO_POINTER:
		return describe_pointer(description, value, depth, ret);
	case GO_INTERFACE:
		return describe_interface(description, value, depth, ret);
	case GO_STRUCT:
		return describe_struct(description, value, depth, ret);
	case GO_ARRAY:
	case GO_SLICE:
		return describe_list(description, value, depth, ret);
	case GO_MAP:
		return describe_map(description, value, depth, ret);
	case GO_FUNC:
		return describe_func(description, value, depth, ret);
	default:
		return value_describe_scalar(
			description->program, value, description->limits->string, ret);
	}
}

static struct error *describe_value(struct description *description, const struct value *value,
	size_t depth, struct value_node *ret)
{
	struct program *program = description->program;
	*ret = (struct value_node){.shape = VALUE_SCALAR, .type = value->type};
	struct error *err = target_check(program->target);
	if (!err)
		err = describe_kind(description, value, depth, ret);
	if (!err)
		join_missing(ret);
	if (!err && ret->shape != VALUE_MISSING)
		err = value_note(program, value, &ret->note);
	if (!err)
		return NULL;
	/* An error about the target's data is not a failure: it becomes the text of the node. */
	value_node_deinit(ret);
	*ret = (struct value_node){.shape = VALUE_MISSING,
		.type = value->type,
		.text = strdup(err->message),
		.partial = true};
	err = error_ignore_unreadable(err);
	if (!err && !ret->text)
		err = error_no_memory();
	if (!err)
		ret->text_size = strlen(ret->text);
	else
		value_node_deinit(ret);
	return err;
}

struct error *value_describe(struct program *program, const struct value *value,
	const struct value_limits *limits, struct value_node *ret)
{
	struct value_limits bounded = *limits;
	if (bounded.depth > MAX_NESTING)
		bounded.depth = MAX_NESTING;
	if (bounded.nodes > MAX_ARRAY_NODES)
		bounded.nodes = MAX_ARRAY_NODES;
	struct description description = {.program = program, .limits = &bounded, .nodes = 1};
	return describe_value(&description, value, bounded.depth, ret);
}
