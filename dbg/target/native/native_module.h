/*
 * The executables and libraries that a target has mapped, as far as unwinding of C code needs them.
 *
 * Where a module lies and where its unwind table is comes from its headers in the target's memory,
 * so that it works whatever the file system looks like from here. Only names of functions need the
 * file itself.
 */
#ifndef GCTXDBG_TARGET_NATIVE_NATIVE_MODULE_H
#define GCTXDBG_TARGET_NATIVE_NATIVE_MODULE_H

#include "dbg/target/target.h"
#include "dwarf/elf/elf_image.h"

struct native_module {
	char *path;	     /* as the memory map calls it */
	uint64_t start, end; /* of all its mappings */
	uint64_t bias;	     /* run-time minus link-time addresses */
	bool is_main;	     /* the program itself */

	/* Search table of .eh_frame_hdr: entries of two int32 relative to `table_base`. */
	uint64_t table_base;
	uint64_t table;
	uint64_t table_count; /* 0: there is none */

	/* Instead of that one, made here from .eh_frame where the linker made none; see
	 * native_eh_index.h. */
	int32_t *own_table;

	struct elf_image *image; /* see native_module_image() */
	bool image_tried, index_tried;
};

struct native_modules {
	struct native_module **modules;
	size_t count, capacity;
	struct native_module *last;
};

void native_modules_deinit(struct native_modules *modules);

/* The module that contains `pc`; NULL when there is none or nothing can be learnt about it. Without
 * memory: NULL. */
struct native_module *native_modules_find(
	struct native_modules *modules, struct target *target, uint64_t pc);

/* The module's file, if it is here and is what the target has mapped; else NULL. Opened on first
 * use. */
struct elf_image *native_module_image(struct native_module *module, struct target *target);

#endif
