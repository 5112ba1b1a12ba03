/* Reads atomics and sync.Map: see value_content.h. */
#include "dbg/go/values/value_content.h"

#include "dbg/go/values/map.h"
#include "dbg/go/values/value_state.h"

enum {
	CHILDREN = 16,	     /* of a node of the trie: nChildren */
	MAX_LEVELS = 17,     /* 4 bits of a hash of 64 each */
	MAX_NODES = 1 << 20, /* of a trie */
	MAX_OVERFLOW = 64,   /* entries with the same hash */
	/* entry[any, any]: node[any, any] with a bool, then overflow, key and value. */
	ENTRY_OVERFLOW = 8,
	ENTRY_KEY = 16,
	ENTRY_VALUE = 32,
};

/* ---- Atomics ---- */

/* The name of a type of sync/atomic without package and type arguments; NULL: it is of another. */
static const char *atomic_name(const struct go_type *type)
{
	static const char prefix[] = "atomic.";
	if (type->kind != GO_STRUCT || !type->named || !type->package ||
		strcmp(type->package, "sync/atomic") != 0 ||
		strncmp(type->name, prefix, strlen(prefix)) != 0)
		return NULL;
	return type->name + strlen(prefix);
}

/* The type *T of an atomic.Pointer[T], from its first field, a [0]*T. */
static struct error *pointer_type(
	struct program *program, const struct go_type *type, const struct go_type **ret)
{
	const struct go_field *fields;
	size_t count;
	struct error *err = go_type_fields(program, type, &fields, &count);
	if (!err && (!count || fields[0].type->kind != GO_ARRAY))
		err = error_create(ERROR_BAD_DATA, "%s has unexpected fields", type->name);
	if (!err)
		err = go_type_element(program, fields[0].type, ret);
	if (!err && (*ret)->kind != GO_POINTER)
		err = error_create(ERROR_BAD_DATA, "%s has unexpected fields", type->name);
	return err;
}

struct error *value_atomic(struct program *program, const struct value *value, struct value *ret)
{
	const char *name = atomic_name(value->type);
	const struct go_type *type;
	struct value part;
	*ret = (struct value){0};
	if (!name || strncmp(name, "noCopy", 6) == 0 || strncmp(name, "align64", 7) == 0)
		return NULL;
	struct error *err = value_part_field(program, value, "v", &part);
	type = err ? NULL : part.type;
	if (!err && strncmp(name, "Pointer[", 8) == 0)
		err = pointer_type(program, value->type, &type);
	else if (!err && strcmp(name, "Bool") == 0)
		err = program_type_named(program, "bool", &type);
	if (!err && type->size > part.type->size)
		err = error_create(ERROR_BAD_DATA, "%s is too small", value->type->name);
	part.type = type;
	if (!err)
		*ret = part;
	return err;
}

/* ---- sync.Map ---- */

bool go_type_is_sync_map(const struct go_type *type)
{
	return type->kind == GO_STRUCT && go_type_is(type, "sync", "Map");
}

struct entries {
	struct program *program;
	const struct go_type *any;
	struct error *(*visit)(void *context, const struct value *key, const struct value *value);
	void *context;
	size_t nodes; /* of a trie, visited so far */
};

static struct error *visit_pair(struct entries *entries, uint64_t key, uint64_t value)
{
	const struct value key_value = {.type = entries->any, .address = key};
	const struct value value_value = {.type = entries->any, .address = value};
	return entries->visit(entries->context, &key_value, &value_value);
}

/* An entry points to its value; nil: it is deleted. */
static struct error *visit_entry(void *context, uint64_t key, uint64_t value)
{
	struct entries *entries = context;
	uint64_t entry, pointer = 0;
	struct error *err = target_read_u64(entries->program->target, value, &entry);
	if (!err && entry) /* struct entry has the pointer alone */
		err = target_read_u64(entries->program->target, entry, &pointer);
	return err || !pointer ? err : visit_pair(entries, key, pointer);
}

/* The map of entries in `map.read`, or `map.dirty` if that has more. */
static struct error *old_map(struct program *program, const struct value *map, struct value *ret)
{
	struct value read, only, flag;
	int64_t amended = 0;
	*ret = (struct value){0};
	struct error *err = value_part_field(program, map, "read", &read);
	if (!err)
		err = value_atomic(program, &read, &only);
	if (!err)
		err = value_concrete(program, &only, &read);
	if (err && err->code == ERROR_NOT_FOUND) { /* nil: nothing was promoted yet */
		error_destroy(err);
		return value_part_field(program, map, "dirty", ret);
	}
	if (!err)
		err = value_part_field(program, &read, "amended", &flag);
	if (!err)
		err = value_integer(program, &flag, &amended);
	if (err)
		return err;
	return amended ? value_part_field(program, map, "dirty", ret)
		       : value_part_field(program, &read, "m", ret);
}

static struct error *visit_old(struct entries *entries, const struct value *map)
{
	struct value inner;
	uint64_t address;
	struct error *err = old_map(entries->program, map, &inner);
	if (!err)
		err = value_word(entries->program, &inner, 0, &address);
	return err || !address
		       ? err
		       : map_visit(entries->program, inner.type, address, visit_entry, entries);
}

/* Visits the node at `address`, an entry with those of the same hash, or one with children. */
static struct error *visit_node(
	struct entries *entries, uint64_t address, uint64_t children, unsigned level)
{
	struct program *program = entries->program;
	uint64_t words[CHILDREN];
	uint8_t is_entry;
	struct error *err = target_read(program->target, address, &is_entry, 1);
	if (err)
		return err;
	for (unsigned i = 0; is_entry && address && i < MAX_OVERFLOW && !err; i++) {
		err = visit_pair(entries, address + ENTRY_KEY, address + ENTRY_VALUE);
		if (!err)
			err = target_read_u64(program->target, address + ENTRY_OVERFLOW, &address);
	}
	if (is_entry || err)
		return err;
	if (level == MAX_LEVELS || ++entries->nodes > MAX_NODES)
		return error_create(ERROR_BAD_DATA, "the tree of a sync.Map is damaged");
	err = target_read(program->target, address + children, words, sizeof(words));
	for (unsigned i = 0; i < CHILDREN && !err; i++) {
		if (words[i])
			err = visit_node(entries, words[i], children, level + 1);
	}
	return err;
}

static struct error *visit_trie(struct entries *entries, const struct value *trie)
{
	struct program *program = entries->program;
	struct value root, pointer, node;
	struct go_field children;
	struct error *err = value_part_field(program, trie, "root", &root);
	if (!err)
		err = value_atomic(program, &root, &pointer);
	if (!err)
		err = value_part_pointed(program, &pointer, &node);
	if (err && err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		return NULL; /* nothing was ever stored */
	}
	if (!err)
		err = go_type_field(program, node.type, "children", &children);
	if (!err && children.type->size != CHILDREN * sizeof(uint64_t))
		err = error_create(ERROR_BAD_DATA, "%s has an unexpected size", node.type->name);
	return err ? err : visit_node(entries, node.address, children.offset, 0);
}

struct error *value_sync_map_visit(struct program *program, const struct value *map,
	struct error *(*visit)(void *context, const struct value *key, const struct value *value),
	void *context)
{
	struct entries entries = {.program = program, .visit = visit, .context = context};
	struct value trie;
	struct error *err = program_type_named(program, "interface {}", &entries.any);
	if (err)
		return err;
	err = value_part_field(program, map, "m", &trie);
	if (!err) {
		err = visit_trie(&entries, &trie);
	} else if (err->code == ERROR_NOT_FOUND) {
		error_destroy(err);
		err = visit_old(&entries, map);
	}
	return err == error_stop ? NULL : err;
}
