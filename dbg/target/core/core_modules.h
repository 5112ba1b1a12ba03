/*
 * The executable and the shared libraries that a dumped process had mapped.
 *
 * A core leaves out what can be read from these files. This opens them, verifies by build id (or,
 * without one, by ELF header) that they are what the process had mapped, and maps their bytes to
 * addresses.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_MODULES_H
#define GCTXDBG_TARGET_CORE_CORE_MODULES_H

#include "dbg/target/core/core_file.h"
#include "dwarf/elf/elf_image.h"

/* The memory [start, end): bytes of an executable that is mapped here, zeros, or of the core. */
struct core_piece {
	uint64_t start, end;
	const uint8_t *mapped; /* NULL: zeros, or in the core at file_offset */
	bool zero;
	uint64_t file_offset;
};

struct core_module;

struct core_modules {
	struct core_module *by_path; /* uthash */
	struct elf_image *exe;	     /* NULL if it could not be opened */
	char *exe_path;		     /* as given, or as the core names it */

	struct core_piece *pieces; /* in no order, may overlap each other and the core */
	size_t piece_count, piece_capacity;
};

/* Where notices go, one sentence each: see core_open(). */
struct core_notices {
	void (*notify)(void *context, const char *message); /* NULL: nowhere */
	void *context;
};
void core_notice(const struct core_notices *notices, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Opens the files. `exe` (may be NULL) replaces the executable that the core names; an error means
 * that it cannot be used. Other files that are missing or differ give a notice. `dump` must outlive
 * the result. Release with core_modules_close().
 */
struct error *core_modules_open(const struct core_dump *dump, const char *exe,
	const struct core_notices *notices, struct core_modules *ret);
void core_modules_close(struct core_modules *modules);

#endif
