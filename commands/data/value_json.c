/* Printing values as JSON: see value_view.h. */
#include "commands/data/value_view.h"
#include "commands/render/json.h"

static const char *kind_name(enum go_kind kind)
{
	static const char *const names[] = {"invalid", "bool", "int", "int8", "int16", "int32",
		"int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "float32",
		"float64", "complex64", "complex128", "array", "chan", "func", "interface", "map",
		"pointer", "slice", "string", "struct", "unsafe.Pointer"};
	return names[kind];
}

static void scalar_json(struct json *json, const struct value_node *node)
{
	enum go_kind kind = node->type->kind;
	if (kind == GO_BOOL)
		json_bool(json, "value", node->text[0] == 't');
	else if (kind >= GO_INT && kind <= GO_INT64)
		json_int(json, "value", strtoll(node->text, NULL, 10));
	else if (kind >= GO_UINT && kind < GO_UINTPTR)
		json_uint(json, "value", strtoull(node->text, NULL, 10));
	else if (kind == GO_FUNC && node->is_nil)
		json_null(json, "value");
	else if (kind == GO_UNSAFE_POINTER)
		json_address(json, "addr", node->address);
	else /* a string: JSON numbers cannot be NaN or complex, and lose digits */
		json_string_n(json, "value", node->text, node->text_size);
	if (kind == GO_FUNC)
		json_address(json, "addr", node->address);
}

static void members(struct json *json, const struct value_node *node);

static void children_json(struct json *json, const char *key, const struct value_node *node)
{
	json_array(json, key);
	for (size_t i = 0; i < node->count; i++)
		value_json(json, NULL, &node->children[i]);
	json_end(json);
}

static void entries_json(struct json *json, const struct value_node *node)
{
	json_array(json, "entries");
	for (size_t i = 0; i + 1 < node->count; i += 2) {
		json_object(json, NULL);
		value_json(json, "key", &node->children[i]);
		value_json(json, "value", &node->children[i + 1]);
		json_end(json);
	}
	json_end(json);
}

static void members(struct json *json, const struct value_node *node)
{
	switch (node->shape) {
	case VALUE_SCALAR:
		scalar_json(json, node);
		break;
	case VALUE_STRING:
		json_string_n(json, "value", node->text, node->text_size);
		json_uint(json, "length", node->length);
		break;
	case VALUE_POINTER:
		json_address(json, "addr", node->address);
		if (node->count)
			value_json(json, "to", &node->children[0]);
		break;
	case VALUE_STRUCT:
		children_json(json, "fields", node);
		break;
	case VALUE_LIST:
		json_uint(json, "length", node->length);
		json_uint(json, "capacity", node->capacity);
		if (node->is_nil)
			json_null(json, "elements");
		else
			children_json(json, "elements", node);
		break;
	case VALUE_MAP:
		json_address(json, "addr", node->address);
		json_uint(json, "length", node->length);
		if (node->is_nil)
			json_null(json, "entries");
		else
			entries_json(json, node);
		break;
	case VALUE_INTERFACE:
		if (node->count)
			value_json(json, "holds", &node->children[0]);
		else
			json_null(json, "holds");
		break;
	case VALUE_CHAN:
		json_address(json, "addr", node->address);
		json_uint(json, "length", node->length);
		json_uint(json, "capacity", node->capacity);
		json_bool(json, "closed", node->closed);
		break;
	case VALUE_MISSING:
		json_string(json, "missing", node->text);
		break;
	}
}

void value_json(struct json *json, const char *key, const struct value_node *node)
{
	json_object(json, key);
	if (node->name)
		json_string(json, "name", node->name);
	json_string(json, "type", node->type ? node->type->name : NULL);
	json_string(json, "kind",
		node->type		   ? kind_name(node->type->kind)
		: node->shape == VALUE_MAP ? "map"
					   : "struct");
	members(json, node);
	if (node->content)
		value_json(json, "content", node->content);
	if (node->note)
		json_string(json, "note", node->note);
	if (node->partial)
		json_bool(json, "partial", true);
	json_end(json);
}

void value_line_json(struct json *json, const struct value_node *node)
{
	char *line = NULL;
	struct error *err = value_node_line(node, &line);
	json_string(json, "go", err ? NULL : line);
	error_destroy(err);
	free(line);
}
