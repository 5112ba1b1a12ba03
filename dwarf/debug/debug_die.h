/*
 * One debugging information entry (DIE) at a time: libdwarf's calls in a shape where damage reads
 * as absence.
 */
#ifndef GCTXDBG_DWARF_DEBUG_DEBUG_DIE_H
#define GCTXDBG_DWARF_DEBUG_DEBUG_DIE_H

#include "dwarf/debug/libdwarf_compat.h"

/* An entry; free with die_deinit(), which leaves it empty and is fine on an empty one. */
struct die {
	Dwarf_Debug handle;
	Dwarf_Die die;
};

void die_deinit(struct die *die);

/* The entry at `offset` of .debug_info. False when none can be decoded there. */
bool die_at(Dwarf_Debug handle, uint64_t offset, struct die *ret);
/* The first child; false when there is none. */
bool die_child(const struct die *parent, struct die *ret);
/* Replaces `die` by its next sibling; false at the last one. */
bool die_next(struct die *die);

enum unit_result { UNIT_FOUND, UNIT_NONE, UNIT_DAMAGED };
/*
 * Moves on to the next unit: its first entry, and the offset of its abbreviations. UNIT_NONE after
 * the last one; then libdwarf starts over. Whoever stops before spoils it for the next.
 */
enum unit_result die_next_unit(Dwarf_Debug handle, struct die *ret, uint64_t *ret_abbreviations);

uint64_t die_offset(const struct die *die);
/* DW_TAG_..., 0 when unknown. */
unsigned die_tag(const struct die *die);
/* NULL when it has none. Lives as long as the image. */
const char *die_name(const struct die *die);
/* The same for any attribute that is a string. */
const char *die_string(const struct die *die, unsigned attribute);

/* Attributes, false when absent or of an unexpected form. `attribute` is DW_AT_.... */
bool die_has(const struct die *die, unsigned attribute);
bool die_unsigned(const struct die *die, unsigned attribute, uint64_t *ret);
bool die_signed(const struct die *die, unsigned attribute, int64_t *ret);
bool die_address(const struct die *die, unsigned attribute, uint64_t *ret);
/* False also when it is there and says no. */
bool die_flag(const struct die *die, unsigned attribute);
/* Offset in .debug_info of the entry that the attribute refers to. */
bool die_reference(const struct die *die, unsigned attribute, uint64_t *ret);
/* DW_FORM_... of an attribute, 0 when it is absent. */
unsigned die_form(const struct die *die, unsigned attribute);
/* An address. `*ret_is_index`: it is a number of the unit's table in .debug_addr instead. */
bool die_code_address(const struct die *die, unsigned attribute, uint64_t *ret, bool *ret_is_index);
/* An offset into another section. */
bool die_section_offset(const struct die *die, unsigned attribute, uint64_t *ret);
/* A location expression, or another block; lives as long as the image. */
bool die_block(const struct die *die, unsigned attribute, struct bytes *ret);
/* A constant, or a location expression that adds one: where a member starts in its struct. */
bool die_member_offset(const struct die *die, uint64_t *ret);

/* Of the DWARF of its unit: 4, 5. */
unsigned die_version(const struct die *die);

#endif
