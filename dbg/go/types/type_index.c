/* Finds descriptors in the type data and keeps hashes of their names: see type_index.h. */
#include "dbg/go/types/type_index.h"

#include <stdio.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/types/type_state.h"
#include "dwarf/base/bisect.h"

enum {
	MAX_TYPE_DATA = 256 << 20, /* bytes */
	MAX_ENTRIES = 4 << 20,
	CHUNK = 1 << 20,
	HEAD = 64, /* bytes that are checked before a descriptor is decoded */
};

struct entry {
	uint64_t hash; /* of a name */
	uint64_t descriptor;
};

struct type_index {
	struct entry *items; /* by hash */
	size_t count, capacity;
	size_t modules; /* of the program, whose types are in the index */
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3; /* FNV-1a */
	return hash;
}

static const uint64_t hash_start = 0xcbf29ce484222325;

/* The hash of a package; no type has such a name. */
static uint64_t hash_package(const char *import_path)
{
	return hash_text(hash_text(hash_start, "package "), import_path);
}

/* The hash of the name with the import path in place of the package's name; false if they are the
 * same. */
static bool hash_with_path(const struct go_type *type, uint64_t *ret)
{
	size_t size = strcspn(type->name, ".[");
	if (!type->package || type->name[size] != '.' ||
		(strlen(type->package) == size && memcmp(type->package, type->name, size) == 0))
		return false;
	*ret = hash_text(hash_text(hash_start, type->package), type->name + size);
	return true;
}

static bool is_alignment(uint8_t value)
{
	return value == 1 || value == 2 || value == 4 || value == 8;
}

/* The size that values of this kind have; 0: any. */
static uint64_t expected_size(enum go_kind kind)
{
	static const uint8_t sizes[] = {[GO_BOOL] = 1,
		[GO_INT] = 8,
		[GO_INT8] = 1,
		[GO_INT16] = 2,
		[GO_INT32] = 4,
		[GO_INT64] = 8,
		[GO_UINT] = 8,
		[GO_UINT8] = 1,
		[GO_UINT16] = 2,
		[GO_UINT32] = 4,
		[GO_UINT64] = 8,
		[GO_UINTPTR] = 8,
		[GO_FLOAT32] = 4,
		[GO_FLOAT64] = 8,
		[GO_COMPLEX64] = 8,
		[GO_COMPLEX128] = 16,
		[GO_CHAN] = 8,
		[GO_FUNC] = 8,
		[GO_INTERFACE] = 16,
		[GO_MAP] = 8,
		[GO_POINTER] = 8,
		[GO_SLICE] = 24,
		[GO_STRING] = 16,
		[GO_UNSAFE_POINTER] = 8};
	return (size_t)kind < array_length(sizes) ? sizes[kind] : 0;
}

static uint64_t word(const uint8_t *object, size_t offset)
{
	uint64_t value;
	memcpy(&value, object + offset, sizeof(value));
	return value;
}

/*
 * Whether `object` (HEAD bytes) may be a descriptor. In all releases these are adjacent: size and
 * pointer bytes; flags, the two alignments and the kind; name and pointer type.
 */
static bool is_plausible(
	const struct runtime_layout *layout, const struct module *module, const uint8_t *object)
{
	const uint8_t *flags = object + layout->type.tflag.offset;
	uint64_t size = word(object, layout->type.bytes.offset);
	uint64_t pointers = word(object, layout->type.bytes.offset + 8);
	uint64_t names = word(object, layout->type.str.offset);
	uint64_t data = module->etypes - module->types;
	enum go_kind kind = object[layout->type.kind.offset] & 31;
	if (kind == GO_INVALID || kind > GO_UNSAFE_POINTER || flags[0] >= 64 ||
		!is_alignment(flags[1]) || !is_alignment(flags[2]))
		return false;
	if (pointers > size || pointers % 8 || size % flags[1])
		return false;
	if (expected_size(kind) && size != expected_size(kind))
		return false;
	return (names & UINT32_MAX) && (names & UINT32_MAX) < data && names >> 32 < data;
}

/* Whether it could be a name that the compiler wrote: no control characters. */
static bool is_name(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

static struct error *add_entry(struct type_index *index, uint64_t hash, uint64_t descriptor)
{
	if (index->count >= MAX_ENTRIES)
		return error_create(
			ERROR_BAD_DATA, "the program has more than %d types", MAX_ENTRIES / 2);
	if (!array_reserve(&index->items, &index->capacity, index->count + 1))
		return error_no_memory();
	index->items[index->count++] = (struct entry){hash, descriptor};
	return NULL;
}

/* Decodes a plausible descriptor and adds it; ignores one that cannot be decoded. */
static struct error *try_add(struct program *program, struct type_index *index, uint64_t address)
{
	const struct go_type *type, *element;
	uint64_t hash;
	struct error *err = program_type_at(program, address, &type);
	if (!err && (type->kind == GO_POINTER || type->kind == GO_SLICE))
		err = go_type_element(program, type, &element);
	if (err) {
		if (err->code != ERROR_BAD_DATA && err->code != ERROR_FAULT)
			return err;
		error_destroy(err);
		return NULL;
	}
	if (!is_name(type->name))
		return NULL;
	err = add_entry(index, hash_text(hash_start, type->name), address);
	if (!err && hash_with_path(type, &hash)) {
		err = add_entry(index, hash, address);
		if (!err)
			err = add_entry(index, hash_package(type->package), address);
	}
	return err;
}

static struct error *scan_type_data(
	struct program *program, const struct module *module, struct type_index *index)
{
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK + HEAD);
	if (!chunk)
		return error_no_memory();
	uint64_t end = module->etypes;
	for (uint64_t start = module->types; end - start > HEAD; start += CHUNK) {
		uint64_t left = end - start;
		size_t size = left < CHUNK + HEAD ? (size_t)left : CHUNK + HEAD;
		struct error *err = target_read(program->target, start, chunk, size);
		for (size_t i = 0; !err && i + HEAD <= size && i < CHUNK; i += 8)
			if (is_plausible(&program->layout, module, chunk + i))
				err = try_add(program, index, start + i);
		if (!err)
			err = target_check(program->target);
		if (err)
			return err;
		if (left <= CHUNK)
			break;
	}
	return NULL;
}

static struct error *add_module(
	struct program *program, const struct module *module, struct type_index *index)
{
	bool sound = module->types % 8 == 0 && module->etypes >= module->types &&
		     module->etypes - module->types <= MAX_TYPE_DATA;
	return sound ? scan_type_data(program, module, index)
		     : error_create(ERROR_BAD_DATA, "the program's type data is damaged");
}

static int compare_hash(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->descriptor < y->descriptor ? -1 : x->descriptor > y->descriptor;
}

/* Adds the types of modules that were loaded since. Those of a damaged plug-in are left out. */
static struct error *add_new_modules(struct program *program, struct type_index *index)
{
	size_t modules = program->module_count, before = index->count;
	struct error *err = NULL;
	if (index->modules == modules)
		return NULL;
	for (size_t i = index->modules; !err && i < modules; i++) {
		err = add_module(program, program->modules[i], index);
		if (err && i && (err->code == ERROR_FAULT || err->code == ERROR_BAD_DATA)) {
			error_destroy(err);
			err = NULL;
		}
	}
	if (err)
		index->count = before;
	else
		index->modules = modules;
	if (index->count)
		qsort(index->items, index->count, sizeof(*index->items), compare_hash);
	return err;
}

struct error *type_index_create(struct program *program, struct type_index **ret)
{
	const struct runtime_layout *layout = &program->layout;
	if (!field_present(layout->type.str) || layout->type.str.offset + 8 > HEAD ||
		layout->type.bytes.offset + 16 > HEAD || layout->type.tflag.offset + 4 > HEAD ||
		layout->type.kind.offset >= HEAD)
		return error_create(
			ERROR_NOT_FOUND, "the layout of the runtime's type descriptors is unknown");
	struct type_index *index = calloc(1, sizeof(*index));
	if (!index)
		return error_no_memory();
	struct error *err = add_new_modules(program, index);
	if (err) {
		type_index_destroy(index);
		return err;
	}
	*ret = index;
	return NULL;
}

void type_index_destroy(struct type_index *index)
{
	if (!index)
		return;
	free(index->items);
	free(index);
}

bool type_has_name(const struct go_type *type, const char *name)
{
	size_t size = strcspn(type->name, ".[");
	size_t path = type->package ? strlen(type->package) : 0;
	if (strcmp(type->name, name) == 0)
		return true;
	return path && type->name[size] == '.' && strncmp(name, type->package, path) == 0 &&
	       strcmp(name + path, type->name + size) == 0;
}

/* Returns the index, created on first use and completed after modules were loaded, and the position
 * of the first entry with that hash. */
static struct error *find_hash(struct program *program, uint64_t hash,
	const struct type_index **ret_index, size_t *ret_first)
{
	struct type_cache *cache;
	struct error *err = type_cache_get(program, &cache);
	if (!err && !cache->index)
		err = type_index_create(program, &cache->index);
	if (!err)
		err = add_new_modules(program, cache->index);
	if (err)
		return err;
	const struct type_index *index = cache->index;
	*ret_index = index;
	*ret_first = bisect(i, index->count, index->items[i].hash >= hash);
	return NULL;
}

struct error *type_index_find(struct program *program, const char *name,
	struct error *(*visit)(void *context, const struct go_type *type), void *context)
{
	const struct type_index *index;
	uint64_t hash = hash_text(hash_start, name);
	size_t i;
	struct error *err = find_hash(program, hash, &index, &i);
	for (; !err && i < index->count && index->items[i].hash == hash; i++) {
		const struct go_type *type;
		err = program_type_at(program, index->items[i].descriptor, &type);
		if (!err && type_has_name(type, name))
			err = visit(context, type);
	}
	return err;
}

struct error *type_index_package_name(
	struct program *program, const char *import_path, const char **ret)
{
	const struct type_index *index;
	uint64_t hash = hash_package(import_path);
	size_t i;
	*ret = NULL;
	struct error *err = find_hash(program, hash, &index, &i);
	for (; !err && i < index->count && index->items[i].hash == hash; i++) {
		const struct go_type *type;
		char name[MAX_TYPE_NAME + 1];
		err = program_type_at(program, index->items[i].descriptor, &type);
		if (err || !type->package || strcmp(type->package, import_path) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(type->name, "."), type->name);
		return type_intern(program, name, ret);
	}
	return err;
}
