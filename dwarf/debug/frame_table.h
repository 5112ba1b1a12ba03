/*
 * DWARF's call frame information (.debug_frame), by address, through libdwarf.
 *
 * Go's linker writes one entry per function. The section is not loaded into a process.
 */
#ifndef GCTXDBG_DWARF_DEBUG_FRAME_TABLE_H
#define GCTXDBG_DWARF_DEBUG_FRAME_TABLE_H

#include "dwarf/elf/elf_image.h"

/* The rules of one function: two lists of call frame instructions and their parameters. */
struct frame_rules {
	uint64_t low, size; /* the function's code, at link-time addresses */
	uint64_t code_alignment;
	int64_t data_alignment;
	unsigned return_register;
	struct bytes initial, instructions; /* belong to the table */
};

struct frame_table;

/* Reads the section of `image`, which must outlive the result. ERROR_NOT_FOUND if it has none. */
struct error *frame_table_open(struct elf_image *image, struct frame_table **ret);
void frame_table_close(struct frame_table *table); /* accepts NULL */

/* The rules for the code at link-time address `pc`; false if there are none. */
bool frame_table_find(const struct frame_table *table, uint64_t pc, struct frame_rules *ret);

#endif
