/*
 * Whether a file is the program that a target runs, by contents: for programs whose own file says
 * nothing about what runs, since they unpacked themselves.
 */
#ifndef GCTXDBG_TARGET_EXE_CONTENTS_H
#define GCTXDBG_TARGET_EXE_CONTENTS_H

#include "dbg/target/target.h"
#include "dwarf/elf/elf_image.h"

/*
 * Sets `*ret` if all code of `image` is in the target's memory, at its link-time addresses. False
 * also for a position-independent program, whose load address would have to be known.
 */
struct error *exe_contents_match(struct target *target, struct elf_image *image, bool *ret);

#endif
