/*
 * runtime.firstmoduledata of a program without symbols: the record that locates the function table,
 * the types and the code. It is found by its pointer to the function table and verified by its
 * other pointers.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_MODULEDATA_H
#define GCTXDBG_GO_PROGRAM_FIND_MODULEDATA_H

#include "dbg/target/target.h"
#include "dwarf/elf/elf_image.h"

struct runtime_layout;

/*
 * `*ret`: the run-time address. Needs the layouts of runtime.moduledata and runtime.pcHeader.
 * ERROR_NOT_FOUND if no record matches.
 */
struct error *find_moduledata(struct target *target, struct elf_image *image, uint64_t bias,
	const struct runtime_layout *layout, const char *name, uint64_t *ret);

#endif
