/*
 * The executables and libraries that a target has mapped, for unwinding C code.
 *
 * A module's addresses and unwind table are found through its headers in the target's memory, so
 * that its file need not be reachable from here (containers, deleted files). Only function names
 * require the file.
 */
#ifndef GCTXDBG_TARGET_NATIVE_NATIVE_MODULE_H
#define GCTXDBG_TARGET_NATIVE_NATIVE_MODULE_H

#include "dbg/target/target.h"
#include "dwarf/elf/elf_image.h"

struct native_module {
	char *path;	     /* as in the memory map */
	uint64_t start, end; /* of all its mappings */
	uint64_t bias;	     /* load bias: run-time minus link-time addresses */
	bool is_main;	     /* the program, not a library */

	/* Search table of .eh_frame_hdr: entries of two int32 relative to `table_base`. */
	uint64_t table_base;
	uint64_t table;
	uint64_t table_count; /* 0: no table */

	/* Used instead of the linker's table if there is none; see native_eh_index.h. */
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

/* The module that contains `pc`; NULL if there is none, its headers are unusable, or without
 * memory. */
struct native_module *native_modules_find(
	struct native_modules *modules, struct target *target, uint64_t pc);

/* The module's file, opened on first use; NULL if it is missing or is not what the target has
 * mapped. */
struct elf_image *native_module_image(struct native_module *module, struct target *target);

#endif
