/* Decodes one debugging information entry at a time, through libdwarf: see debug_die.h. */
#include "dwarf/debug/debug_die.h"

/* Frees the error that libdwarf allocated: damage is treated as absence. */
static bool succeeded(Dwarf_Debug handle, int result, Dwarf_Error error)
{
	if (result == DW_DLV_ERROR)
		dwarf_dealloc_error(handle, error);
	return result == DW_DLV_OK;
}

void die_deinit(struct die *die)
{
	if (die->die)
		dwarf_dealloc_die(die->die);
	die->die = NULL;
}

bool die_at(Dwarf_Debug handle, uint64_t offset, struct die *ret)
{
	Dwarf_Error error = NULL;
	*ret = (struct die){.handle = handle};
	return succeeded(handle, dwarf_offdie_b(handle, offset, true, &ret->die, &error), error);
}

bool die_child(const struct die *parent, struct die *ret)
{
	Dwarf_Error error = NULL;
	*ret = (struct die){.handle = parent->handle};
	return succeeded(parent->handle, dwarf_child(parent->die, &ret->die, &error), error);
}

bool die_next(struct die *die)
{
	Dwarf_Error error = NULL;
	struct die next = {.handle = die->handle};
	int result = dwarf_siblingof_b(die->handle, die->die, true, &next.die, &error);
	if (!succeeded(die->handle, result, error))
		return false;
	/* DW_AT_sibling of a damaged file could form a cycle. */
	if (die_offset(&next) <= die_offset(die)) {
		die_deinit(&next);
		return false;
	}
	die_deinit(die);
	*die = next;
	return true;
}

enum unit_result die_next_unit(Dwarf_Debug handle, struct die *ret, uint64_t *ret_abbreviations)
{
	Dwarf_Unsigned length, type_offset, next;
	Dwarf_Half version, address_size, offset_size, extension_size, type;
	Dwarf_Off table = 0;
	Dwarf_Sig8 signature;
	Dwarf_Error error = NULL;
	*ret = (struct die){.handle = handle};
	int result = dwarf_next_cu_header_d(handle, true, &length, &version, &table, &address_size,
		&offset_size, &extension_size, &signature, &type_offset, &next, &type, &error);
	*ret_abbreviations = table;
	if (result == DW_DLV_OK)
		result = dwarf_siblingof_b(handle, NULL, true, &ret->die, &error);
	if (result == DW_DLV_ERROR)
		dwarf_dealloc_error(handle, error);
	return result == DW_DLV_OK	   ? UNIT_FOUND
	       : result == DW_DLV_NO_ENTRY ? UNIT_NONE
					   : UNIT_DAMAGED;
}

uint64_t die_offset(const struct die *die)
{
	Dwarf_Error error = NULL;
	Dwarf_Off offset;
	return succeeded(die->handle, dwarf_dieoffset(die->die, &offset, &error), error) ? offset
											 : 0;
}

unsigned die_tag(const struct die *die)
{
	Dwarf_Error error = NULL;
	Dwarf_Half tag;
	return succeeded(die->handle, dwarf_tag(die->die, &tag, &error), error) ? tag : 0;
}

const char *die_name(const struct die *die)
{
	Dwarf_Error error = NULL;
	char *name;
	return succeeded(die->handle, dwarf_diename(die->die, &name, &error), error) ? name : NULL;
}

static bool get_attribute(const struct die *die, unsigned attribute, Dwarf_Attribute *ret)
{
	Dwarf_Error error = NULL;
	return succeeded(
		die->handle, dwarf_attr(die->die, (Dwarf_Half)attribute, ret, &error), error);
}

const char *die_string(const struct die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return NULL;
	Dwarf_Error error = NULL;
	char *text = NULL;
	bool is_string = succeeded(die->handle, dwarf_formstring(found, &text, &error), error);
	dwarf_dealloc_attribute(found);
	return is_string ? text : NULL;
}

bool die_has(const struct die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	dwarf_dealloc_attribute(found);
	return true;
}

static bool form_unsigned(Dwarf_Debug handle, Dwarf_Attribute attribute, uint64_t *ret)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned value;
	if (succeeded(handle, dwarf_formudata(attribute, &value, &error), error)) {
		*ret = value;
		return true;
	}
	/* Some compilers write small numbers in a signed form. */
	Dwarf_Signed number;
	error = NULL;
	if (!succeeded(handle, dwarf_formsdata(attribute, &number, &error), error) || number < 0)
		return false;
	*ret = (uint64_t)number;
	return true;
}

bool die_unsigned(const struct die *die, unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	bool is_number = form_unsigned(die->handle, found, ret);
	dwarf_dealloc_attribute(found);
	return is_number;
}

bool die_signed(const struct die *die, unsigned attribute, int64_t *ret)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	Dwarf_Error error = NULL;
	Dwarf_Signed number;
	uint64_t positive;
	bool is_number = succeeded(die->handle, dwarf_formsdata(found, &number, &error), error);
	if (is_number) {
		*ret = number;
	} else if (form_unsigned(die->handle, found, &positive) && positive <= INT64_MAX) {
		*ret = (int64_t)positive;
		is_number = true;
	}
	dwarf_dealloc_attribute(found);
	return is_number;
}

bool die_address(const struct die *die, unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	Dwarf_Error error = NULL;
	Dwarf_Addr address;
	bool is_address = succeeded(die->handle, dwarf_formaddr(found, &address, &error), error);
	dwarf_dealloc_attribute(found);
	if (is_address)
		*ret = address;
	return is_address;
}

bool die_flag(const struct die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	Dwarf_Error error = NULL;
	Dwarf_Bool value = false;
	bool is_flag = succeeded(die->handle, dwarf_formflag(found, &value, &error), error);
	dwarf_dealloc_attribute(found);
	return is_flag && value;
}

bool die_reference(const struct die *die, unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	Dwarf_Error error = NULL;
	Dwarf_Half form;
	Dwarf_Off offset;
	/* A reference by signature would make libdwarf search every unit. */
	bool is_reference =
		succeeded(die->handle, dwarf_whatform(found, &form, &error), error) &&
		form != DW_FORM_ref_sig8 &&
		succeeded(die->handle, dwarf_global_formref(found, &offset, &error), error);
	dwarf_dealloc_attribute(found);
	if (is_reference)
		*ret = offset;
	return is_reference;
}

/* The operand of `DW_OP_plus_uconst N` or `DW_OP_constu N, DW_OP_plus`. */
static bool added_constant(struct bytes expression, uint64_t *ret)
{
	if (expression.size < 2 ||
		(expression.data[0] != DW_OP_plus_uconst && expression.data[0] != DW_OP_constu))
		return false;
	uint64_t value = 0;
	for (size_t i = 1; i < expression.size && i <= 9; i++) {
		value |= (uint64_t)(expression.data[i] & 0x7f) << (7 * (i - 1));
		if (expression.data[i] & 0x80)
			continue;
		*ret = value;
		return true;
	}
	return false;
}

/* The bytes of a location expression or block, within the section. */
static bool form_bytes(Dwarf_Debug handle, Dwarf_Attribute attribute, struct bytes *ret)
{
	Dwarf_Error error = NULL;
	Dwarf_Unsigned size;
	Dwarf_Ptr data;
	if (succeeded(handle, dwarf_formexprloc(attribute, &size, &data, &error), error)) {
		*ret = (struct bytes){data, size};
		return true;
	}
	Dwarf_Block *block;
	error = NULL;
	if (!succeeded(handle, dwarf_formblock(attribute, &block, &error), error))
		return false;
	*ret = (struct bytes){block->bl_data, block->bl_len};
	dwarf_dealloc(handle, block, DW_DLA_BLOCK);
	return true;
}

bool die_member_offset(const struct die *die, uint64_t *ret)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, DW_AT_data_member_location, &found)) {
		/* Members of a union need no offset. */
		*ret = 0;
		return true;
	}
	struct bytes expression;
	bool is_known =
		form_unsigned(die->handle, found, ret) ||
		(form_bytes(die->handle, found, &expression) && added_constant(expression, ret));
	dwarf_dealloc_attribute(found);
	return is_known;
}

unsigned die_form(const struct die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return 0;
	Dwarf_Error error = NULL;
	Dwarf_Half form = 0;
	bool known = succeeded(die->handle, dwarf_whatform(found, &form, &error), error);
	dwarf_dealloc_attribute(found);
	return known ? form : 0;
}

bool die_code_address(const struct die *die, unsigned attribute, uint64_t *ret, bool *ret_is_index)
{
	unsigned form = die_form(die, attribute);
	Dwarf_Attribute found;
	if (!form || !get_attribute(die, attribute, &found))
		return false;
	Dwarf_Error error = NULL;
	Dwarf_Unsigned index = 0;
	Dwarf_Addr address = 0;
	int result;
	*ret_is_index = form != DW_FORM_addr;
	if (form == DW_FORM_addr)
		result = dwarf_formaddr(found, &address, &error);
	else if (form == DW_FORM_addrx || (form >= DW_FORM_addrx1 && form <= DW_FORM_addrx4))
		result = dwarf_get_debug_addr_index(found, &index, &error);
	else
		result = DW_DLV_NO_ENTRY;
	bool known = succeeded(die->handle, result, error);
	dwarf_dealloc_attribute(found);
	*ret = *ret_is_index ? index : address;
	return known;
}

bool die_section_offset(const struct die *die, unsigned attribute, uint64_t *ret)
{
	unsigned form = die_form(die, attribute);
	if (form == DW_FORM_data4 || form == DW_FORM_data8)
		return die_unsigned(die, attribute, ret);
	return form == DW_FORM_sec_offset && die_reference(die, attribute, ret);
}

bool die_block(const struct die *die, unsigned attribute, struct bytes *ret)
{
	Dwarf_Attribute found;
	if (!get_attribute(die, attribute, &found))
		return false;
	bool known = form_bytes(die->handle, found, ret);
	dwarf_dealloc_attribute(found);
	return known;
}

unsigned die_version(const struct die *die)
{
	Dwarf_Half version = 0, offset_size;
	return dwarf_get_version_of_die(die->die, &version, &offset_size) == DW_DLV_OK ? version
										       : 0;
}
