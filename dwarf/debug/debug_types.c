/* Decodes types from DWARF, each one once: see debug_types.h. */
#include "dwarf/debug/debug_types.h"

#include "dwarf/debug/debug_die.h"

#include <search.h>

enum {
	POINTER_SIZE = 8,
	MAX_CHILDREN = 1 << 16,
	MAX_ALIASES = 32,
	MAX_ARRAY_NESTING = 8,
	MAX_PATH_MEMBERS = 32,
};

void debug_types_init(struct debug_types *types, Dwarf_Debug handle)
{
	*types = (struct debug_types){.handle = handle};
}

static void free_type(void *node)
{
	struct debug_type *type = node;
	free(type->members);
	free(type);
}

void debug_types_deinit(struct debug_types *types)
{
	tdestroy(types->tree, free_type);
	types->tree = NULL;
}

static int compare_entries(const void *a, const void *b)
{
	const struct debug_type *x = a, *y = b;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static enum debug_type_kind kind_of(unsigned tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return DEBUG_TYPE_STRUCT;
	case DW_TAG_array_type:
		return DEBUG_TYPE_ARRAY;
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		return DEBUG_TYPE_ALIAS;
	case DW_TAG_base_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
	case DW_TAG_subroutine_type:
		return DEBUG_TYPE_SCALAR;
	default:
		return DEBUG_TYPE_UNKNOWN;
	}
}

/* False if the member is a bit field, or has no name or known offset. */
static bool decode_member(const struct die *die, struct debug_member *ret)
{
	ret->name = die_name(die);
	return ret->name && !die_has(die, DW_AT_bit_size) && die_member_offset(die, &ret->offset) &&
	       die_reference(die, DW_AT_type, &ret->type);
}

static bool decode_members(const struct die *die, struct debug_type *type)
{
	_cleanup_(die_deinit) struct die child = {0};
	size_t capacity = 0;
	int count = 0;
	for (bool more = die_child(die, &child); more && count < MAX_CHILDREN;
		more = die_next(&child), count++) {
		struct debug_member member;
		if (die_tag(&child) != DW_TAG_member || !decode_member(&child, &member))
			continue;
		if (!array_reserve(&type->members, &capacity, type->member_count + 1))
			return false;
		type->members[type->member_count++] = member;
	}
	return true;
}

/* The number of elements over all dimensions; 0 if unknown. */
static uint64_t array_count(const struct die *die)
{
	_cleanup_(die_deinit) struct die child = {0};
	uint64_t total = 0;
	int dimensions = 0;
	for (bool more = die_child(die, &child); more && dimensions < MAX_ARRAY_NESTING;
		more = die_next(&child)) {
		uint64_t count;
		if (die_tag(&child) != DW_TAG_subrange_type)
			continue;
		if (!die_unsigned(&child, DW_AT_count, &count)) {
			if (!die_unsigned(&child, DW_AT_upper_bound, &count))
				return 0;
			count++;
		}
		if (__builtin_mul_overflow(dimensions++ ? total : 1, count, &total))
			return 0;
	}
	return total;
}

static const struct debug_type *resolve(
	struct debug_types *types, uint64_t entry, int array_nesting);

static const struct debug_type *get(struct debug_types *types, uint64_t entry, int array_nesting);

static uint64_t array_size(struct debug_types *types, const struct die *die, int nesting)
{
	uint64_t element, size;
	if (nesting >= MAX_ARRAY_NESTING || !die_reference(die, DW_AT_type, &element))
		return 0;
	const struct debug_type *type = resolve(types, element, nesting + 1);
	if (!type || __builtin_mul_overflow(type->size, array_count(die), &size))
		return 0;
	return size;
}

static bool decode_type(struct debug_types *types, struct debug_type *type, int array_nesting)
{
	_cleanup_(die_deinit) struct die die = {0};
	if (!die_at(types->handle, type->entry, &die))
		return true;
	unsigned tag = die_tag(&die);
	type->kind = kind_of(tag);
	if (type->kind == DEBUG_TYPE_UNKNOWN)
		return true;
	type->name = die_name(&die);
	bool has_size = die_unsigned(&die, DW_AT_byte_size, &type->size);
	switch (type->kind) {
	case DEBUG_TYPE_ALIAS:
		if (!die_reference(&die, DW_AT_type, &type->target))
			type->kind = DEBUG_TYPE_UNKNOWN; /* void */
		return true;
	case DEBUG_TYPE_ARRAY:
		if (!has_size)
			type->size = array_size(types, &die, array_nesting);
		return true;
	case DEBUG_TYPE_STRUCT:
		return decode_members(&die, type);
	default:
		if (!has_size && tag != DW_TAG_base_type && tag != DW_TAG_enumeration_type)
			type->size = POINTER_SIZE;
		return true;
	}
}

static const struct debug_type *get(struct debug_types *types, uint64_t entry, int array_nesting)
{
	struct debug_type key = {.entry = entry};
	struct debug_type *const *found = tfind(&key, &types->tree, compare_entries);
	if (found)
		return *found;
	struct debug_type *type = calloc(1, sizeof(*type));
	if (!type)
		return NULL;
	type->entry = entry;
	found = decode_type(types, type, array_nesting)
			? (struct debug_type *const *)tsearch(type, &types->tree, compare_entries)
			: NULL;
	/* A damaged array that is its own element has been added during its own decoding. */
	const struct debug_type *known = found ? *found : NULL;
	if (known != type)
		free_type(type);
	return known;
}

static const struct debug_type *resolve(
	struct debug_types *types, uint64_t entry, int array_nesting)
{
	const struct debug_type *type = get(types, entry, array_nesting);
	for (int i = 0; type && type->kind == DEBUG_TYPE_ALIAS; i++) {
		if (i == MAX_ALIASES)
			return NULL;
		type = get(types, type->target, array_nesting);
	}
	return type;
}

const struct debug_type *debug_types_get(struct debug_types *types, uint64_t entry)
{
	return get(types, entry, 0);
}

const struct debug_type *debug_types_resolve(struct debug_types *types, uint64_t entry)
{
	return resolve(types, entry, 0);
}

static const struct debug_member *find_member(
	const struct debug_type *type, const char *name, size_t length)
{
	for (size_t i = 0; i < type->member_count; i++) {
		const struct debug_member *member = &type->members[i];
		if (strncmp(member->name, name, length) == 0 && !member->name[length])
			return member;
	}
	return NULL;
}

bool debug_types_find(struct debug_types *types, uint64_t entry, const char *path,
	uint64_t *ret_offset, uint64_t *ret_size)
{
	uint64_t offset = 0;
	const struct debug_type *type = debug_types_resolve(types, entry);
	for (int i = 0; path; i++) {
		if (!type || type->kind != DEBUG_TYPE_STRUCT || i == MAX_PATH_MEMBERS)
			return false;
		size_t length = strcspn(path, ".");
		const struct debug_member *member = find_member(type, path, length);
		if (!member || __builtin_add_overflow(offset, member->offset, &offset))
			return false;
		type = debug_types_resolve(types, member->type);
		path = path[length] ? path + length + 1 : NULL;
	}
	if (!type || type->kind == DEBUG_TYPE_UNKNOWN || !type->size)
		return false;
	*ret_offset = offset;
	*ret_size = type->size;
	return true;
}
