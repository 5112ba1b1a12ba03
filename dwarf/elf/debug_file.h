/*
 * Separate debug files: DWARF and symbols that were split off a program.
 *
 * The search order is that of gdb: by build ID below /usr/lib/debug/.build-id, by the name and
 * checksum in section .gnu_debuglink (both also below the root directory of a containerized
 * process), and through debuginfod's client library, which is loaded at run time and only if the
 * user has set DEBUGINFOD_URLS. A file of another build is never used.
 */
#ifndef GCTXDBG_DWARF_ELF_DEBUG_FILE_H
#define GCTXDBG_DWARF_ELF_DEBUG_FILE_H

#include "dwarf/elf/elf_image.h"

struct debug_file_search {
	/*
	 * Where the program is installed (an image may be opened as /proc/PID/exe); NULL: unknown
	 */
	const char *exe_path;
	const char *directory; /* NULL: /usr/lib/debug */
	/* Another root directory to search: that of a process in a container. NULL: none. */
	const char *root;
	/* Called repeatedly during a debuginfod download; true cancels it. May be NULL. */
	bool (*cancelled)(void *context);
	void *context;
};

/*
 * Finds the debug file of `image`, which has no DWARF itself. Skips files of other builds. NULL if
 * there is none; close the result with elf_image_close().
 */
struct elf_image *debug_file_find(struct elf_image *image, const struct debug_file_search *search);

/*
 * Opens the debug file `path`, given by the user; close it with elf_image_close(). ERROR_BAD_DATA
 * with both build IDs if it is of another build, ERROR_NOT_FOUND if it has no DWARF.
 */
struct error *debug_file_open(struct elf_image *image, const char *path, struct elf_image **ret);

/* Whether the file at `path` is certainly of the same build as `image`. */
bool debug_file_matches(struct elf_image *image, const char *path);

/* The checksum as in .gnu_debuglink: CRC-32 of the whole file. */
uint32_t debug_file_checksum(struct bytes contents);

#endif
