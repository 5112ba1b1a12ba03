/*
 * Types from DWARF, for those without a descriptor. Types that have one are read from it
 * (type_descriptor.c), so that each type is the same however it was looked up.
 *
 * Sources: cmd/link/internal/ld/dwarf.go (newtype, synthesizemaptypes), 1.19 to 1.27.
 */
#include "dbg/go/program/program_debug.h"
#include "dbg/go/types/type_state.h"

/*
 * The run-time address of the type's descriptor; 0 if it has none. In DWARF it is an offset from
 * the start of the section with the descriptors (R_ADDROFF in cmd/link/internal/ld/data.go), which
 * is moduledata.types in every release and build mode.
 */
static uint64_t descriptor_of(struct program *program, const struct debug_go_type *type)
{
	uint64_t offset;
	const struct module *module = program_entry_module(program, type->entry, &offset);
	return module && type->descriptor && type->descriptor < module->etypes - module->types
		       ? module->types + type->descriptor
		       : 0;
}

/* The direction of an unnamed channel type, from its name. DWARF does not have that of a named
 * one. */
static int direction_of(const struct debug_go_type *type)
{
	if (type->kind != GO_CHAN)
		return 0;
	return strncmp(type->name, "<-chan ", 7) == 0	? GO_CHAN_RECV
	       : strncmp(type->name, "chan<- ", 7) == 0 ? GO_CHAN_SEND
							: GO_CHAN_RECV | GO_CHAN_SEND;
}

/* Whether it is pointer-shaped: see types.IsDirectIface in cmd/compile. Since 1.26 that ignores
 * fields of size 0, which makes no difference here: no interface holds a type without a descriptor.
 */
static bool is_direct(struct program *program, const struct debug_go_type *type)
{
	struct debug_go_type inner = *type;
	for (int i = 0; i < MAX_TYPE_NESTING && inner.size == 8; i++) {
		uint64_t next = inner.kind == GO_ARRAY && inner.length == 1 ? inner.element : 0;
		if (inner.kind == GO_STRUCT) {
			_cleanup_free_ struct debug_go_field *fields = NULL;
			size_t count = 0;
			error_destroy(program_debug_fields(program, inner.entry, &fields, &count));
			next = count == 1 ? fields[0].type : 0;
		}
		if (inner.kind == GO_POINTER || inner.kind == GO_UNSAFE_POINTER ||
			inner.kind == GO_CHAN || inner.kind == GO_MAP || inner.kind == GO_FUNC)
			return true;
		struct error *err = next ? program_debug_type(program, next, &inner) : NULL;
		error_destroy(err);
		if (!next || err)
			return false;
	}
	return false;
}

struct error *debug_decode(
	struct program *program, uint64_t entry, uint64_t *ret_descriptor, struct go_type *ret)
{
	struct debug_go_type type;
	struct error *err = program_debug_type(program, entry, &type);
	if (err)
		return err;
	*ret_descriptor = descriptor_of(program, &type);
	*ret = (struct go_type){
		.kind = (enum go_kind)type.kind,
		.size = type.size,
		.length = type.length,
		.direction = direction_of(&type),
		.direct = is_direct(program, &type),
		.entry = type.entry,
	};
	return type_debug_name(program, type.name, ret);
}

/* Replaces the entry of a struct by that of the type of its field `name`. */
static struct error *step_field(struct program *program, const char *name, uint64_t *entry)
{
	_cleanup_free_ struct debug_go_field *fields = NULL;
	size_t count;
	struct error *err = program_debug_fields(program, *entry, &fields, &count);
	for (size_t i = 0; !err && i < count; i++) {
		if (strcmp(fields[i].name, name) == 0) {
			*entry = fields[i].type;
			return NULL;
		}
	}
	return err ? err : error_create(ERROR_NOT_FOUND, "no field %s", name);
}

/* Replaces the entry of a pointer by that of its element type. */
static struct error *step_pointer(struct program *program, uint64_t *entry)
{
	struct debug_go_type type;
	struct error *err = program_debug_type(program, *entry, &type);
	if (!err && (type.kind != GO_POINTER || !type.element))
		err = error_create(ERROR_BAD_DATA, "%s is not a pointer", type.name);
	if (!err)
		*entry = type.element;
	return err;
}

/*
 * Finds the type of a map's group or bucket through the types that the linker synthesizes:
 *
 *	Swiss tables:  *map<K,V>, its dirPtr **table<K,V>, its groups.data *group
 *	classic maps:  *hash<K,V>, its buckets *bucket<K,V>
 */
static struct error *find_group(struct program *program, uint64_t inside, uint64_t *ret)
{
	bool swiss = field_present(program->layout.swiss_map.directory);
	*ret = inside;
	struct error *err = step_pointer(program, ret);
	if (!err)
		err = step_field(program, swiss ? "dirPtr" : "buckets", ret);
	if (!err)
		err = step_pointer(program, ret);
	if (!swiss || err)
		return err;
	err = step_pointer(program, ret);
	if (!err)
		err = step_field(program, "groups", ret);
	if (!err)
		err = step_field(program, "data", ret);
	return err ? err : step_pointer(program, ret);
}

struct error *debug_part(
	struct program *program, const struct go_type *type, enum type_part part, uint64_t *ret)
{
	struct debug_go_type found;
	struct error *err = program_debug_type(program, type->entry, &found);
	if (!err && part == TYPE_GROUP)
		err = find_group(program, found.inside, ret);
	else if (!err)
		*ret = part == TYPE_KEY ? found.key : found.element;
	if (!err && !*ret)
		err = error_create(ERROR_BAD_DATA, "the DWARF does not have its element type");
	return error_wrap(err, "cannot decode the type %s", type->name);
}

struct error *debug_fields(struct program *program, const struct go_type *type,
	struct go_field **ret, size_t *ret_count)
{
	_cleanup_free_ struct debug_go_field *found = NULL;
	size_t count;
	struct error *err = program_debug_fields(program, type->entry, &found, &count);
	if (err)
		return err;
	_cleanup_free_ struct go_field *fields = calloc(count + 1, sizeof(*fields));
	if (!fields)
		return error_no_memory();
	for (size_t i = 0; i < count && !err; i++) {
		fields[i].offset = found[i].offset;
		fields[i].embedded = found[i].embedded;
		err = type_intern(program, found[i].name, &fields[i].name);
		if (!err)
			err = program_type_of_entry(program, found[i].type, &fields[i].type);
		if (!err && (fields[i].offset > type->size ||
				    fields[i].type->size > type->size - fields[i].offset))
			err = error_create(
				ERROR_BAD_DATA, "%s is outside the struct", fields[i].name);
	}
	if (err)
		return error_wrap(err, "cannot decode the fields of %s", type->name);
	*ret = take_pointer(fields);
	*ret_count = count;
	return NULL;
}

struct error *debug_is_empty_interface(
	struct program *program, const struct go_type *type, bool *ret)
{
	struct debug_go_type found, words;
	struct error *err = program_debug_type(program, type->entry, &found);
	if (!err)
		err = program_debug_type(program, found.inside, &words);
	*ret = !err && strcmp(words.name, "runtime.eface") == 0;
	return err;
}
