/*
 * Separate debug files: DWARF and symbols that were split off a program.
 *
 * They are looked for as gdb does: by build id below /usr/lib/debug/.build-id, by the name and
 * checksum in section .gnu_debuglink (both also below the root folder that a process sees), and
 * through debuginfod's client library, which is loaded at run time and only when the user has set
 * DEBUGINFOD_URLS. A file that belongs to another build is never used.
 */
#ifndef GCTXDBG_DWARF_ELF_DEBUG_FILE_H
#define GCTXDBG_DWARF_ELF_DEBUG_FILE_H

#include "dwarf/elf/elf_image.h"

struct debug_file_search {
	const char *exe_path;  /* where the program is installed (an image may be open as
				  /proc/PID/exe); NULL unknown */
	const char *directory; /* NULL: /usr/lib/debug */
	/* Another root folder to look below as well: a process in a container has its debug files
	 * there. NULL: none. */
	const char *root;
	/* Asked now and then while debuginfod downloads; true stops it. NULL: never. */
	bool (*cancelled)(void *context);
	void *context;
};

/*
 * Finds the debug file of `image`, which has no DWARF itself; NULL when there is none. Files that
 * are not its own are passed over. Close the result with elf_image_close().
 */
struct elf_image *debug_file_find(struct elf_image *image, const struct debug_file_search *search);

/* Opens the file that the user named. ERROR_BAD_DATA says that it belongs to another build, with
 * both ids. */
struct error *debug_file_open(struct elf_image *image, const char *path, struct elf_image **ret);

/* The checksum in .gnu_debuglink: CRC-32 of the whole file. */
uint32_t debug_file_checksum(struct bytes contents);

#endif
