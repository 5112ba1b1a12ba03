/* The program's types, each decoded once, from either source: see type.h. */
#include "dbg/go/program/program_state.h"
#include "dbg/go/program/strings.h"
#include "dbg/go/types/type_index.h"
#include "dbg/go/types/type_state.h"

struct error *type_cache_get(struct program *program, struct type_cache **ret)
{
	if (!program->type_cache)
		program->type_cache = calloc(1, sizeof(*program->type_cache));
	*ret = program->type_cache;
	return *ret ? NULL : error_no_memory();
}

void type_cache_destroy(struct type_cache *cache)
{
	if (!cache)
		return;
	HASH_CLEAR(by_descriptor, cache->by_descriptor);
	struct type_entry *entry, *next;
	HASH_ITER (hh, cache->by_entry, entry, next) {
		HASH_DEL(cache->by_entry, entry);
		free(entry);
	}
	while (cache->all) {
		struct type_node *node = cache->all;
		cache->all = node->next;
		free(node->fields);
		free(node);
	}
	type_index_destroy(cache->index);
	free(cache);
}

struct error *type_cache_take(struct type_cache *cache, uint64_t size)
{
	if (size > MAX_TYPE_MEMORY - cache->memory)
		return error_create(ERROR_BAD_DATA,
			"the program's types take more than %d MiB; no more are decoded",
			MAX_TYPE_MEMORY >> 20);
	cache->memory += size;
	return NULL;
}

struct error *type_intern(struct program *program, const char *text, const char **ret)
{
	*ret = string_pool_intern(program->strings, text);
	return *ret ? NULL : error_no_memory();
}

struct error *type_cache_add(
	struct type_cache *cache, const struct go_type *type, struct type_node **ret)
{
	struct error *err = type_cache_take(cache, sizeof(**ret) + strlen(type->name));
	if (err)
		return err;
	struct type_node *node = calloc(1, sizeof(*node));
	if (!node)
		return error_no_memory();
	node->type = *type;
	node->next = cache->all;
	cache->all = node;
	*ret = node;
	return NULL;
}

struct error *program_type_at(
	struct program *program, uint64_t descriptor, const struct go_type **ret)
{
	struct type_cache *cache;
	struct type_node *node;
	struct error *err = type_cache_get(program, &cache);
	if (err)
		return err;
	HASH_FIND(by_descriptor, cache->by_descriptor, &descriptor, sizeof(descriptor), node);
	if (!node) {
		struct go_type type;
		if (cache->nesting >= MAX_TYPE_NESTING)
			return error_create(ERROR_BAD_DATA,
				"the type at %#llx is nested too deeply",
				(unsigned long long)descriptor);
		cache->nesting++;
		err = descriptor_decode(program, descriptor, &type);
		cache->nesting--;
		if (!err)
			err = type_cache_add(cache, &type, &node);
		if (err)
			return err;
		HASH_ADD(by_descriptor, cache->by_descriptor, type.descriptor,
			sizeof(type.descriptor), node);
		if (node->lost) /* still in the list of all nodes, so freed with it */
			return error_no_memory();
	}
	*ret = &node->type;
	return NULL;
}

/* Records that `entry` describes this type; several entries can. */
static struct error *type_add_entry(
	struct type_cache *cache, uint64_t entry, struct type_node *node)
{
	struct type_entry *known = calloc(1, sizeof(*known));
	if (!known)
		return error_no_memory();
	known->entry = entry;
	known->node = node;
	HASH_ADD(hh, cache->by_entry, entry, sizeof(entry), known);
	if (known->lost) {
		free(known);
		return error_no_memory();
	}
	return NULL;
}

/* Decodes `entry`, which is not in the cache yet, into a node. */
static struct error *decode_entry(
	struct program *program, struct type_cache *cache, uint64_t entry, struct type_node **ret)
{
	struct go_type type;
	struct type_entry *known;
	const struct go_type *found;
	uint64_t descriptor;
	struct error *err = debug_decode(program, entry, &descriptor, &type);
	if (err)
		return err;
	HASH_FIND(hh, cache->by_entry, &type.entry, sizeof(type.entry), known);
	if (known) {
		*ret = known->node;
		return NULL;
	}
	err = descriptor ? program_type_at(program, descriptor, &found) : NULL;
	bool agrees = !err && descriptor && found->kind == type.kind && found->size == type.size;
	if (err && (err->code == ERROR_BAD_DATA || err->code == ERROR_FAULT)) {
		error_destroy(err); /* the debug file does not match exactly: use the DWARF alone */
		err = NULL;
	}
	if (agrees)
		*ret = type_node_of(found);
	else if (!err)
		err = type_cache_add(cache, &type, ret);
	if (err)
		return err;
	if (!(*ret)->type.entry)
		(*ret)->type.entry = type.entry;
	return type.entry == entry ? NULL : type_add_entry(cache, type.entry, *ret);
}

struct error *program_type_of_entry(
	struct program *program, uint64_t entry, const struct go_type **ret)
{
	struct type_cache *cache;
	struct type_entry *known;
	struct error *err = type_cache_get(program, &cache);
	if (err)
		return err;
	HASH_FIND(hh, cache->by_entry, &entry, sizeof(entry), known);
	struct type_node *node = known ? known->node : NULL;
	if (!node) {
		err = type_cache_take(cache, sizeof(*known) * 2);
		if (!err)
			err = decode_entry(program, cache, entry, &node);
		if (!err)
			err = type_add_entry(cache, entry, node);
		if (err)
			return err;
	}
	*ret = &node->type;
	return NULL;
}

static const char *const part_names[TYPE_PARTS] = {
	[TYPE_ELEMENT] = "elements",
	[TYPE_KEY] = "keys",
	[TYPE_GROUP] = "a table",
};

static bool has_part(enum go_kind kind, enum type_part part)
{
	switch (kind) {
	case GO_MAP:
		return true;
	case GO_ARRAY:
	case GO_CHAN:
	case GO_POINTER:
	case GO_SLICE:
		return part == TYPE_ELEMENT;
	default:
		return false;
	}
}

static struct error *get_part(struct program *program, const struct go_type *type,
	enum type_part part, const struct go_type **ret)
{
	struct type_node *node = type_node_of(type);
	if (!has_part(type->kind, part))
		return error_create(ERROR_USAGE, "%s has no %s", type->name, part_names[part]);
	if (!node->parts[part]) {
		uint64_t reference;
		struct error *err = type->descriptor
					    ? descriptor_part(program, type, part, &reference)
					    : debug_part(program, type, part, &reference);
		if (!err)
			err = type->descriptor
				      ? program_type_at(program, reference, &node->parts[part])
				      : program_type_of_entry(
						program, reference, &node->parts[part]);
		if (err)
			return err;
	}
	*ret = node->parts[part];
	return NULL;
}

struct error *go_type_element(
	struct program *program, const struct go_type *type, const struct go_type **ret)
{
	return get_part(program, type, TYPE_ELEMENT, ret);
}

struct error *go_type_key(
	struct program *program, const struct go_type *type, const struct go_type **ret)
{
	return get_part(program, type, TYPE_KEY, ret);
}

struct error *go_type_group(
	struct program *program, const struct go_type *type, const struct go_type **ret)
{
	return get_part(program, type, TYPE_GROUP, ret);
}

struct error *go_type_fields(struct program *program, const struct go_type *type,
	const struct go_field **ret, size_t *ret_count)
{
	struct type_node *node = type_node_of(type);
	if (type->kind != GO_STRUCT)
		return error_create(
			ERROR_USAGE, "%s is not a struct: it has no fields", type->name);
	if (!node->fields_known) {
		struct go_field *fields;
		size_t count;
		struct error *err = type->descriptor
					    ? descriptor_fields(program, type, &fields, &count)
					    : debug_fields(program, type, &fields, &count);
		if (err)
			return err;
		err = type_cache_take(program->type_cache, count * sizeof(*fields));
		if (err) {
			free(fields);
			return err;
		}
		node->fields = fields;
		node->field_count = count;
		node->fields_known = true;
	}
	*ret = node->fields;
	*ret_count = node->field_count;
	return NULL;
}

struct error *go_type_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret)
{
	if (type->kind != GO_INTERFACE)
		return error_create(ERROR_USAGE, "%s is not an interface", type->name);
	return type->descriptor ? descriptor_is_empty_interface(program, type, ret)
				: debug_is_empty_interface(program, type, ret);
}

struct error *go_type_interface_has(
	struct program *program, const struct go_type *type, const char *name, bool *ret)
{
	*ret = false;
	if (type->kind != GO_INTERFACE || !type->descriptor)
		return error_create(ERROR_USAGE, "the methods of %s are unknown", type->name);
	return descriptor_interface_has(program, type, name, ret);
}

bool go_type_is(const struct go_type *type, const char *package, const char *name)
{
	const char *dot = strrchr(type->name, '.');
	return type->named && type->package && strcmp(type->package, package) == 0 && dot &&
	       strcmp(dot + 1, name) == 0;
}
