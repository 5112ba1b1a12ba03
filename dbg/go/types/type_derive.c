/* Types that the program does not describe: basic types, pointers and slices. */
#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type_state.h"

struct error *type_derive(struct program *program, enum go_kind kind, const struct go_type *element,
	const struct go_type **ret)
{
	struct type_cache *cache;
	struct type_node *node;
	struct error *err = type_cache_get(program, &cache);
	if (err)
		return err;
	const struct go_type **known = kind == GO_POINTER ? &type_node_of(element)->pointer
							  : &type_node_of(element)->slice;
	if (*known) {
		*ret = *known;
		return NULL;
	}
	char name[MAX_TYPE_NAME + 3];
	snprintf(name, sizeof(name), "%s%s", kind == GO_POINTER ? "*" : "[]", element->name);
	struct go_type type = {
		.kind = kind,
		.size = kind == GO_POINTER ? 8 : 24,
		.direct = kind == GO_POINTER,
	};
	err = type_intern(program, name, &type.name);
	if (!err)
		err = type_cache_add(cache, &type, &node);
	if (err)
		return err;
	node->parts[TYPE_ELEMENT] = element;
	*ret = *known = &node->type;
	return NULL;
}

struct error *type_basic(struct program *program, const char *name, const struct go_type **ret)
{
	static const struct {
		const char *name;
		enum go_kind kind;
		uint8_t size;
	} basics[] = {{"bool", GO_BOOL, 1}, {"int", GO_INT, 8}, {"int8", GO_INT8, 1},
		{"int16", GO_INT16, 2}, {"int32", GO_INT32, 4}, {"int64", GO_INT64, 8},
		{"uint", GO_UINT, 8}, {"uint8", GO_UINT8, 1}, {"uint16", GO_UINT16, 2},
		{"uint32", GO_UINT32, 4}, {"uint64", GO_UINT64, 8}, {"uintptr", GO_UINTPTR, 8},
		{"float32", GO_FLOAT32, 4}, {"float64", GO_FLOAT64, 8},
		{"complex64", GO_COMPLEX64, 8}, {"complex128", GO_COMPLEX128, 16},
		{"string", GO_STRING, 16}, {"unsafe.Pointer", GO_UNSAFE_POINTER, 8}};
	struct type_cache *cache;
	struct type_node *node;
	*ret = NULL;
	struct error *err = type_cache_get(program, &cache);
	for (size_t i = 0; !err && i < array_length(basics); i++) {
		if (strcmp(name, basics[i].name) != 0)
			continue;
		struct go_type type = {.kind = basics[i].kind,
			.name = basics[i].name,
			.size = basics[i].size,
			.named = true,
			.direct = basics[i].kind == GO_UNSAFE_POINTER};
		if (!cache->basics[i])
			err = type_cache_add(cache, &type, &node);
		if (!err && !cache->basics[i])
			cache->basics[i] = &node->type;
		*ret = cache->basics[i];
	}
	return err;
}
