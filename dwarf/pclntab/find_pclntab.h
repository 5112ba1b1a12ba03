/*
 * Finds the Go function table (pclntab) of an executable: by section name or, if a tool has removed
 * the section headers, by the magic number of the table.
 */
#ifndef GCTXDBG_DWARF_PCLNTAB_FIND_PCLNTAB_H
#define GCTXDBG_DWARF_PCLNTAB_FIND_PCLNTAB_H

#include "dwarf/elf/elf_image.h"

/*
 * `*ret` is the link-time address of the table's header (runtime.pcHeader). False if there is none:
 * the program is not in Go, was built before Go 1.18, or is packed.
 */
bool find_pclntab(struct elf_image *image, uint64_t *ret);
/* The same in the sections that linkers use for it: quick for the many libraries without a table.
 */
bool find_pclntab_section(struct elf_image *image, uint64_t *ret);
/* True if the functions in the table at `table` include the runtime's: the file is not only a
 * plug-in or a program that is linked with a shared runtime. */
bool has_go_runtime(const struct elf_image *image, uint64_t table);

/* True if the file was packed by UPX: it does not contain the code that runs. */
bool is_upx_packed(const struct elf_image *image);

#endif
