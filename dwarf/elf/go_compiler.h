/*
 * Recognising programs of other Go compilers, whose runtimes have nothing in common with that of
 * the Go toolchain.
 */
#ifndef GCTXDBG_DWARF_ELF_GO_COMPILER_H
#define GCTXDBG_DWARF_ELF_GO_COMPILER_H

#include "dwarf/elf/elf_image.h"

/* "gccgo" or "TinyGo"; NULL if the file has no sign of either. */
const char *other_go_compiler(struct elf_image *image);

#endif
