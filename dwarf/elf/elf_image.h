/*
 * An ELF executable or shared object at rest: sections, segments, symbols, build ids.
 *
 * An image knows link-time addresses only; whoever maps it into a process adds the load bias. Files are mapped,
 * never read whole; sections are decompressed when first asked for. All bytes and strings handed out live as
 * long as the image. Damaged files give errors or missing answers, never crashes.
 */
#ifndef GCTXDBG_DWARF_ELF_ELF_IMAGE_H
#define GCTXDBG_DWARF_ELF_ELF_IMAGE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct elf_image;

struct elf_section {
	const char *name;
	uint64_t address; /* 0 when it is not loaded */
	uint64_t size;	  /* in memory; a compressed section's size is that of its contents */
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
 * Opens the x86-64 ELF file at `path`. Errors say what the file is instead (no ELF, a 32-bit program, another
 * architecture, a core dump, cut short, unreadable). Close with elf_image_close().
 */
struct error *elf_image_open(const char *path, struct elf_image **ret);
/*
 * The same for a separate debug file. Its segments are the program's and say nothing about the file itself, so the image
 * has none: sections and symbols only.
 */
struct error *elf_image_open_debug(const char *path, struct elf_image **ret);
void elf_image_close(struct elf_image *image);
static inline void elf_image_cleanup(struct elf_image **image)
{
	elf_image_close(*image);
}

const char *elf_image_path(const struct elf_image *image);
/* Linked to be loaded anywhere (ET_DYN). */
bool elf_image_is_relocatable(const struct elf_image *image);
uint64_t elf_image_entry(const struct elf_image *image);
/* Link-time address of the program headers in memory (what AT_PHDR is compared with); 0 when not loaded. */
uint64_t elf_image_phdr_address(const struct elf_image *image);

/* The GNU build id (raw bytes) and Go's own build id (text); empty and NULL when there is none. */
struct bytes elf_image_build_id(const struct elf_image *image);
const char *elf_image_go_build_id(const struct elf_image *image);

/* PT_LOAD segments in file order; `*ret` lives in the image. */
size_t elf_image_segments(const struct elf_image *image, const struct elf_segment **ret);

/* False when there is no such section. */
bool elf_image_section(struct elf_image *image, const char *name, struct elf_section *ret);
/*
 * The section's contents, decompressed (SHF_COMPRESSED or an old .zdebug_ section, which is found under its
 * .debug_ name too). NOBITS gives no bytes.
 */
struct error *elf_image_section_bytes(
	struct elf_image *image, const struct elf_section *section, struct bytes *ret);

/* The bytes that the file holds for [address, address + size); false when a part is not file-backed. */
bool elf_image_bytes_at(
	const struct elf_image *image, uint64_t address, uint64_t size, struct bytes *ret);

/*
 * Looks a symbol up in .symtab, else .dynsym. The first call indexes the table (one pass). False when absent.
 */
bool elf_image_symbol(struct elf_image *image, const char *name, struct elf_symbol *ret);
/* The function symbol that contains `address` (or, when it has no size, the nearest one below). */
bool elf_image_function_at(struct elf_image *image, uint64_t address, struct elf_symbol *ret);
/* The variable that contains `address`. Looks at every symbol: for a few questions only. */
bool elf_image_variable_at(struct elf_image *image, uint64_t address, struct elf_symbol *ret);

#endif
