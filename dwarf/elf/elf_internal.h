/*
 * Declarations shared by the files that implement elf_image.h. Private to dwarf/elf.
 */
#ifndef GCTXDBG_DWARF_ELF_ELF_INTERNAL_H
#define GCTXDBG_DWARF_ELF_ELF_INTERNAL_H

#include "dwarf/elf/elf_image.h"

#include <libelf.h>

/* A symbol table and the indexes over it; see elf_symbols.c. */
struct symbol_table {
	bool loaded;
	const Elf64_Sym *symbols;
	uint32_t count;
	struct bytes strings;

	uint32_t *slots; /* open addressing by hash of name: symbol number + 1; 0 is free */
	uint32_t slot_mask;

	bool sorted;
	uint32_t *functions; /* symbol numbers of functions, by address */
	uint32_t function_count;
};

/* A section's contents, filled in on first use. */
struct section_contents {
	struct bytes bytes;
	uint8_t *owned; /* NULL if `bytes` points into the file */
	bool loaded;
};

struct elf_image {
	char *path;
	void *map; /* reserved_size bytes: the file, then zeros */
	size_t reserved_size;
	struct bytes file;
	Elf *elf;
	const Elf64_Ehdr *header;
	uint64_t phdr_address;

	struct elf_segment *segments;
	size_t segment_count;

	size_t section_count;
	size_t section_names; /* index of the section that holds the names */
	struct section_contents *contents;

	struct bytes build_id;
	char *go_build_id;

	struct symbol_table symbols;
};

/* The header of section `index`; NULL if there is none. */
const Elf64_Shdr *elf_section_header(const struct elf_image *image, size_t index);
/* A section's bytes as stored in the file: empty for SHT_NOBITS; false if they are truncated. */
bool elf_section_raw(const struct elf_image *image, const Elf64_Shdr *header, struct bytes *ret);

/* Checks the ELF header of `file`; the error says what the file is instead. */
struct error *elf_identify(const char *path, struct bytes file);

/* Finds the build IDs in the notes of `image`. */
struct error *elf_read_notes(struct elf_image *image);

void symbol_table_deinit(struct symbol_table *table);

#endif
