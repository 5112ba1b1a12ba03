/*
 * Debugging information entries (DIEs), one at a time: wraps libdwarf's calls so that a damaged
 * entry or attribute looks absent.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_DIE_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_DIE_H

#include "dwarf/debug/libdwarf_compat.h"

/* An entry. Free it with die_deinit(), which leaves it empty and accepts an empty one. */
struct die {
	Dwarf_Debug handle;
	Dwarf_Die die;
};

void die_deinit(struct die *die);

/* The entry at `offset` of .debug_info. False if none can be decoded there. */
bool die_at(Dwarf_Debug handle, uint64_t offset, struct die *ret);
/* The first child; false if there is none. */
bool die_child(const struct die *parent, struct die *ret);
/* Replaces `die` with its next sibling; false if there is none. */
bool die_next(struct die *die);

enum unit_result { UNIT_FOUND, UNIT_NONE, UNIT_DAMAGED };
/*
 * Advances to the next unit: `ret` is its first entry, `*ret_abbreviations` the offset of its
 * table. UNIT_NONE after the last unit; the next call then starts over. Always read to the end:
 * libdwarf keeps the position, and the next user would start there.
 */
enum unit_result die_next_unit(Dwarf_Debug handle, struct die *ret, uint64_t *ret_abbreviations);

uint64_t die_offset(const struct die *die);
/* DW_TAG_..., 0 when unknown. */
unsigned die_tag(const struct die *die);
/* NULL if it has none. Lives as long as the image. */
const char *die_name(const struct die *die);
/* The same for any string attribute. */
const char *die_string(const struct die *die, unsigned attribute);

/* Attributes: false if absent or of an unexpected form. `attribute` is DW_AT_.... */
bool die_has(const struct die *die, unsigned attribute);
bool die_unsigned(const struct die *die, unsigned attribute, uint64_t *ret);
bool die_signed(const struct die *die, unsigned attribute, int64_t *ret);
bool die_address(const struct die *die, unsigned attribute, uint64_t *ret);
/* True if the flag is present and set. */
bool die_flag(const struct die *die, unsigned attribute);
/* The offset in .debug_info of the entry that the attribute refers to. */
bool die_reference(const struct die *die, unsigned attribute, uint64_t *ret);
/* DW_FORM_... of an attribute; 0 if it is absent. */
unsigned die_form(const struct die *die, unsigned attribute);
/* An address or, if `*ret_is_index`, an index into the unit's part of .debug_addr. */
bool die_code_address(const struct die *die, unsigned attribute, uint64_t *ret, bool *ret_is_index);
/* An offset into another section. */
bool die_section_offset(const struct die *die, unsigned attribute, uint64_t *ret);
/* A location expression or another block. The bytes live as long as the image. */
bool die_block(const struct die *die, unsigned attribute, struct bytes *ret);
/* The offset of a member in its struct: a constant, or a location expression that adds one. */
bool die_member_offset(const struct die *die, uint64_t *ret);

/* The DWARF version of the entry's unit: 4 or 5. */
unsigned die_version(const struct die *die);

#endif
