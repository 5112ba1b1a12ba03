/* Scans all tables of .debug_abbrev once: see debug_abbreviations.h. */
#include "dwarf/debug/debug_abbreviations.h"

#include <dwarf.h>

#include "dwarf/base/bisect.h"

bool tag_is_searchable(uint64_t tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_base_type:
	case DW_TAG_enumeration_type:
	case DW_TAG_typedef:
	case DW_TAG_constant:
	case DW_TAG_variable:
		return true;
	default:
		return false;
	}
}

static bool read_uleb(struct bytes data, size_t *offset, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; *offset < data.size && shift < 64; shift += 7) {
		uint8_t byte = data.data[(*offset)++];
		*ret |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Reads the attributes of one declaration. `*ret_name_form` is 0 if none is a name. */
static bool read_attributes(
	struct bytes data, size_t *offset, uint64_t *ret_name_form, bool *ret_name_is_first)
{
	*ret_name_form = 0;
	*ret_name_is_first = false;
	for (size_t i = 0;; i++) {
		uint64_t attribute, form, constant;
		if (!read_uleb(data, offset, &attribute) || !read_uleb(data, offset, &form))
			return false;
		if (form == DW_FORM_implicit_const && !read_uleb(data, offset, &constant))
			return false;
		if (!attribute && !form)
			return true;
		if (attribute == DW_AT_name) {
			*ret_name_form = form;
			*ret_name_is_first = i == 0;
		}
	}
}

static bool add_other_table(struct abbreviation_codes *codes, size_t *capacity, uint64_t offset)
{
	size_t count = codes->other_table_count;
	if (count && codes->other_tables[count - 1] == offset)
		return true;
	if (!array_reserve(&codes->other_tables, capacity, count + 1))
		return false;
	codes->other_tables[codes->other_table_count++] = offset;
	return true;
}

bool abbreviation_codes_read(struct bytes debug_abbrev, struct abbreviation_codes *ret)
{
	*ret = (struct abbreviation_codes){0};
	size_t offset = 0, table = 0, capacity = 0;
	uint64_t code, tag, form;
	while (read_uleb(debug_abbrev, &offset, &code)) {
		if (code == 0) {
			table = offset;
			continue;
		}
		bool is_first;
		if (!read_uleb(debug_abbrev, &offset, &tag) || offset++ >= debug_abbrev.size ||
			!read_attributes(debug_abbrev, &offset, &form, &is_first))
			break;
		if (!tag_is_searchable(tag) || !form)
			continue;
		if (form == DW_FORM_string && is_first && code <= MAX_ABBREVIATION_CODE)
			ret->is_inline[code / 8] |= (uint8_t)(1 << (code % 8));
		else if (tag == DW_TAG_structure_type && !add_other_table(ret, &capacity, table))
			return false;
	}
	return true;
}

void abbreviation_codes_deinit(struct abbreviation_codes *codes)
{
	free(codes->other_tables);
}

bool abbreviation_table_is_other(const struct abbreviation_codes *codes, uint64_t offset)
{
	size_t at = bisect(i, codes->other_table_count, codes->other_tables[i] >= offset);
	return at < codes->other_table_count && codes->other_tables[at] == offset;
}
