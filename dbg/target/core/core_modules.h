/*
 * The files behind a core: the executable and the shared libraries that the process had mapped.
 *
 * A core leaves out what can be read from files. This opens them, checks by build id (or, without
 * one, by ELF header) that they are what the process had mapped, and says which file bytes belong
 * at which address.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_MODULES_H
#define GCTXDBG_TARGET_CORE_CORE_MODULES_H

#include "dbg/target/core/core_file.h"
#include "dwarf/elf/elf_image.h"

/* Bytes at an address, held by a file that is mapped here. */
struct core_piece {
	uint64_t start, end;
	const uint8_t *data;
};

struct core_module;

struct core_modules {
	struct core_module *by_path; /* uthash */
	struct elf_image *exe;	     /* NULL when it is not here */
	char *exe_path; /* the one given, or the one the core names; NULL when it names none */

	struct core_piece *pieces; /* in no order, may overlap each other and the core */
	size_t piece_count, piece_capacity;
};

/* Where warnings go: one sentence each. */
struct core_warnings {
	void (*warn)(void *context, const char *message);
	void *context;
};
void core_warn(const struct core_warnings *warnings, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Opens the files. `exe` (may be NULL) stands for the executable that the core names; an error
 * means that it cannot be used. Other files that are missing or differ are warned of. Freed by
 * core_modules_close().
 */
struct error *core_modules_open(const struct core_dump *dump, const char *exe,
	const struct core_warnings *warnings, struct core_modules *ret);
void core_modules_close(struct core_modules *modules);

#endif
