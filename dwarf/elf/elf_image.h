/*
 * An ELF executable or shared object on disk: sections, segments, symbols, build IDs.
 *
 * dwarf/elf reads ELF files and finds their separate debug files; it knows no process and no DWARF,
 * and uses only dwarf/base. Its entry points are elf_image_open() here, debug_file_find() and
 * build_info_read().
 *
 * An image has link-time addresses only; the caller adds the load bias of a process. Files are
 * mapped, and sections are decompressed on first use. All bytes and strings returned live as long
 * as the image. A damaged file causes an error or an absent result, never a crash.
 */
#ifndef GCTXDBG_DWARF_ELF_ELF_IMAGE_H
#define GCTXDBG_DWARF_ELF_ELF_IMAGE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct elf_image;

struct elf_section {
	const char *name;
	uint64_t address; /* 0 when it is not loaded */
	uint64_t size;	  /* bytes in memory; of a compressed section, the decompressed size */
	size_t index;
};

struct elf_segment {
	uint64_t address;
	uint64_t memory_size;
	uint64_t file_offset;
	uint64_t file_size;
	bool readable, writable, executable;
};

struct elf_symbol {
	const char *name;
	uint64_t address;
	uint64_t size; /* 0 when unknown */
	bool is_function;
};

/*
 * Opens the amd64 ELF file at `path`. Errors say what the file is instead (not ELF, a 32-bit
 * program, another architecture, a core dump, truncated, unreadable). Close it with
 * elf_image_close().
 */
struct error *elf_image_open(const char *path, struct elf_image **ret);
/*
 * The same for a separate debug file. Its program headers describe the program, not the file, so
 * the image has sections and symbols but no segments.
 */
struct error *elf_image_open_debug(const char *path, struct elf_image **ret);
void elf_image_close(struct elf_image *image);
static inline void elf_image_cleanup(struct elf_image **image)
{
	elf_image_close(*image);
}

const char *elf_image_path(const struct elf_image *image);
/* True if the program can be loaded at any address (ET_DYN). */
bool elf_image_is_relocatable(const struct elf_image *image);
uint64_t elf_image_entry(const struct elf_image *image);
/*
 * Link-time address of the program headers in memory, to compare with AT_PHDR; 0 if they are not
 * loaded.
 */
uint64_t elf_image_phdr_address(const struct elf_image *image);

/* The GNU build ID (raw bytes; empty if absent) and Go's own build ID (text; NULL if absent). */
struct bytes elf_image_build_id(const struct elf_image *image);
const char *elf_image_go_build_id(const struct elf_image *image);

/* Returns the number of PT_LOAD segments; `*ret`, in file order, belongs to the image. */
size_t elf_image_segments(const struct elf_image *image, const struct elf_segment **ret);

/* Finds a section by name; false if there is none. */
bool elf_image_section(struct elf_image *image, const char *name, struct elf_section *ret);
/*
 * The section's contents, decompressed (SHF_COMPRESSED, or an old .zdebug_ section, which is also
 * found by its .debug_ name). A SHT_NOBITS section gives no bytes. ERROR_BAD_DATA if the section is
 * truncated or cannot be decompressed.
 */
struct error *elf_image_section_bytes(
	struct elf_image *image, const struct elf_section *section, struct bytes *ret);

/* The file's bytes for [address, address + size); false if any of them is not in the file. */
bool elf_image_bytes_at(
	const struct elf_image *image, uint64_t address, uint64_t size, struct bytes *ret);

/*
 * Looks up a symbol in .symtab, or in .dynsym if there is no .symtab. The first call indexes the
 * table in one pass. False if there is no such symbol.
 */
bool elf_image_symbol(struct elf_image *image, const char *name, struct elf_symbol *ret);
/* The function symbol that contains `address`, or the nearest one below if that has no size. */
bool elf_image_function_at(struct elf_image *image, uint64_t address, struct elf_symbol *ret);
/* The variable that contains `address`. Scans all symbols: do not call it in a loop. */
bool elf_image_variable_at(struct elf_image *image, uint64_t address, struct elf_symbol *ret);

#endif
