/*
 * The DWARF of a program's modules.
 *
 * An entry stands for one in .debug_info of some module: the offset there, with the module's number
 * in the top bits. So entries of the first module are plain offsets.
 */
#ifndef GCTXDBG_GO_PROGRAM_PROGRAM_DEBUG_H
#define GCTXDBG_GO_PROGRAM_PROGRAM_DEBUG_H

#include "dbg/go/program/program_state.h"

/*
 * Opens the module's DWARF, or that of its debug file: `debug`, `debug_image`. The debug file that
 * the user gave is used for the module that it was made from; for the first module it is an error
 * if that is no file of the process. DWARF of C code alone does not count. It is no error if there
 * is none.
 */
struct error *program_open_debug(struct program *program, struct module *module);
/* The module's DWARF, opened on first use; NULL if it has none or it is damaged. */
struct debug_info *program_debug(struct program *program, struct module *module);

/* The entry for `offset` in .debug_info of `module`; 0 for 0. */
uint64_t program_entry(const struct module *module, uint64_t offset);
/* The reverse; NULL if the entry names no module that has DWARF. */
struct module *program_entry_module(struct program *program, uint64_t entry, uint64_t *ret_offset);

/* debug_info_go_type() and debug_info_go_fields() for an entry; all entries in the result are of
 * this form too. */
struct error *program_debug_type(
	struct program *program, uint64_t entry, struct debug_go_type *ret);
struct error *program_debug_fields(
	struct program *program, uint64_t entry, struct debug_go_field **ret, size_t *ret_count);

#endif
