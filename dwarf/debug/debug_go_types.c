/* Decodes Go's types from DWARF: see debug_go_types.h. */
#include "dwarf/debug/debug_go_types.h"

#include "dwarf/debug/debug_die.h"

enum {
	/* cmd/internal/dwarf/dwarf.go, DW_AT_go_kind...; libdwarf defines only some of them */
	AT_GO_KIND = 0x2900,
	AT_GO_KEY = 0x2901,
	AT_GO_ELEM = 0x2902,
	AT_GO_EMBEDDED_FIELD = 0x2903,
	AT_GO_RUNTIME_TYPE = 0x2904,
	/* reflect.Kind */
	KIND_BOOL = 1,
	KIND_INT8 = 3,
	KIND_UINT8 = 8,
	KIND_ARRAY = 17,
	KIND_CHAN,
	KIND_FUNC,
	KIND_INTERFACE,
	KIND_MAP,
	KIND_POINTER,
	KIND_SLICE,
	KIND_STRING,
	KIND_STRUCT,
	KIND_UNSAFE_POINTER,
	KIND_LAST = KIND_UNSAFE_POINTER,
	POINTER_SIZE = 8,
	MAX_TYPEDEFS = 32,
	MAX_FIELDS = 1 << 16,
};

/* The kind of a base type without DW_AT_go_kind, as the linker creates: by encoding and size. */
static unsigned base_kind(const struct die *die, uint64_t size)
{
	uint64_t encoding;
	if (!die_unsigned(die, DW_AT_encoding, &encoding))
		return 0;
	unsigned power = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : 4;
	if (power > 3)
		return 0;
	switch (encoding) {
	case DW_ATE_boolean:
		return KIND_BOOL;
	case DW_ATE_signed:
		return KIND_INT8 + power;
	case DW_ATE_unsigned:
		return KIND_UINT8 + power;
	default:
		return 0;
	}
}

/* The kind of an entry without DW_AT_go_kind; 0 if unknown. */
static unsigned guess_kind(const struct die *die, uint64_t size)
{
	switch (die_tag(die)) {
	case DW_TAG_pointer_type: /* only unsafe.Pointer has no target type */
		return die_has(die, DW_AT_type) ? KIND_POINTER : KIND_UNSAFE_POINTER;
	case DW_TAG_structure_type:
		return KIND_STRUCT;
	case DW_TAG_array_type:
		return KIND_ARRAY;
	case DW_TAG_subroutine_type:
		return KIND_FUNC;
	case DW_TAG_base_type:
		return base_kind(die, size);
	default:
		return 0;
	}
}

/* The size of kinds that have no DW_AT_byte_size. */
static uint64_t size_of_kind(unsigned kind)
{
	switch (kind) {
	case KIND_INTERFACE:
		return 2 * POINTER_SIZE;
	case KIND_CHAN:
	case KIND_FUNC:
	case KIND_MAP:
	case KIND_POINTER:
	case KIND_UNSAFE_POINTER:
		return POINTER_SIZE;
	default:
		return 0;
	}
}

static uint64_t element_count(const struct die *die)
{
	_cleanup_(die_deinit) struct die child = {0};
	uint64_t count = 0;
	for (bool more = die_child(die, &child); more; more = die_next(&child))
		if (die_tag(&child) == DW_TAG_subrange_type &&
			die_unsigned(&child, DW_AT_count, &count))
			return count;
	return 0;
}

static void read_references(const struct die *die, struct debug_go_type *ret)
{
	uint64_t target = 0;
	die_reference(die, DW_AT_type, &target);
	die_reference(die, AT_GO_KEY, &ret->key);
	die_reference(die, AT_GO_ELEM, &ret->element);
	if (ret->kind == KIND_POINTER || ret->kind == KIND_ARRAY)
		ret->element = target;
	else
		ret->inside = target;
}

/* Follows typedefs to the entry that has a kind or is not a typedef. False if it is damaged. */
static bool follow_typedefs(struct die *die, uint64_t *ret_kind)
{
	*ret_kind = 0;
	for (int i = 0; i < MAX_TYPEDEFS; i++) {
		uint64_t target;
		if (die_unsigned(die, AT_GO_KIND, ret_kind) || die_tag(die) != DW_TAG_typedef)
			return true;
		Dwarf_Debug handle = die->handle;
		if (!die_reference(die, DW_AT_type, &target))
			return false;
		die_deinit(die);
		if (!die_at(handle, target, die))
			return false;
	}
	return false;
}

bool debug_go_type_read(Dwarf_Debug handle, uint64_t entry, struct debug_go_type *ret)
{
	_cleanup_(die_deinit) struct die die = {0};
	uint64_t kind;
	*ret = (struct debug_go_type){0};
	if (!die_at(handle, entry, &die) || !follow_typedefs(&die, &kind))
		return false;
	bool has_size = die_unsigned(&die, DW_AT_byte_size, &ret->size);
	if (!kind)
		kind = guess_kind(&die, ret->size);
	ret->name = die_name(&die);
	if (!kind || kind > KIND_LAST || !ret->name || !ret->name[0])
		return false;
	ret->kind = (unsigned)kind;
	ret->entry = die_offset(&die);
	if (!has_size)
		ret->size = size_of_kind(ret->kind);
	if (ret->kind == KIND_ARRAY)
		ret->length = element_count(&die);
	read_references(&die, ret);
	die_address(&die, AT_GO_RUNTIME_TYPE, &ret->descriptor);
	return true;
}

bool debug_go_fields_read(
	Dwarf_Debug handle, uint64_t entry, struct debug_go_field **ret, size_t *ret_count)
{
	_cleanup_(die_deinit) struct die die = {0}, child = {0};
	_cleanup_free_ struct debug_go_field *fields = NULL;
	size_t capacity = 0, count = 0;
	if (!die_at(handle, entry, &die))
		return false;
	for (bool more = die_child(&die, &child); more; more = die_next(&child)) {
		if (die_tag(&child) != DW_TAG_member)
			continue;
		if (count == MAX_FIELDS || !array_reserve(&fields, &capacity, count + 1))
			return false;
		struct debug_go_field *field = &fields[count++];
		*field = (struct debug_go_field){.name = die_name(&child)};
		if (!field->name || !die_member_offset(&child, &field->offset) ||
			!die_reference(&child, DW_AT_type, &field->type))
			return false;
		field->embedded = die_flag(&child, AT_GO_EMBEDDED_FIELD);
	}
	*ret = take_pointer(fields);
	*ret_count = count;
	return true;
}
