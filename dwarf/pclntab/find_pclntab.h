/*
 * Where an executable keeps the Go function table (pclntab): by the names of its sections, or,
 * where a tool has removed the section headers, by what the table starts with.
 */
#ifndef GCTXDBG_DWARF_PCLNTAB_FIND_PCLNTAB_H
#define GCTXDBG_DWARF_PCLNTAB_FIND_PCLNTAB_H

#include "dwarf/elf/elf_image.h"

/*
 * Gives the link-time address of the table's header (runtime.pcHeader). False when there is none:
 * not a Go program, one older than Go 1.18, or a packed one.
 */
bool find_pclntab(struct elf_image *image, uint64_t *ret);

/* True when the file was packed by UPX: what it holds is not what runs. */
bool is_upx_packed(const struct elf_image *image);

#endif
