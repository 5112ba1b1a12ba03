/*
 * The abbreviation codes of .debug_abbrev that declare types, constants and variables with an
 * inline name.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_ABBREVIATIONS_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_ABBREVIATIONS_H

#include "dwarf/base/memory.h"

/* Two bytes of ULEB128; Go uses fewer than 64 codes. */
enum { MAX_ABBREVIATION_CODE = (1 << 14) - 1 };

struct abbreviation_codes {
	uint8_t is_inline[(MAX_ABBREVIATION_CODE + 1) / 8]; /* bit set: the union of all tables */
	/* Offsets, ascending, of tables that declare struct types named in a string section. */
	uint64_t *other_tables;
	size_t other_table_count;
};

/* False if allocation fails. Stops reading at the first damaged declaration. */
bool abbreviation_codes_read(struct bytes debug_abbrev, struct abbreviation_codes *ret);
void abbreviation_codes_deinit(struct abbreviation_codes *codes);

/* True if the table at `offset` is one of `other_tables`. */
bool abbreviation_table_is_other(const struct abbreviation_codes *codes, uint64_t offset);

static inline bool abbreviation_code_is_inline(
	const struct abbreviation_codes *codes, uint32_t code)
{
	return code <= MAX_ABBREVIATION_CODE && (codes->is_inline[code / 8] >> (code % 8) & 1);
}

/* True for the tags of types, constants and variables. */
bool tag_is_searchable(uint64_t tag);

#endif
