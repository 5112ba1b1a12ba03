/*
 * runtime.firstmoduledata of a program without symbols: the record from which the runtime itself
 * reaches its function table, its types and its code. It is found by its pointer to the function
 * table, and checked by all its other pointers.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_MODULEDATA_H
#define GCTXDBG_GO_PROGRAM_FIND_MODULEDATA_H

#include "dbg/target/target.h"
#include "dwarf/elf/elf_image.h"

struct runtime_layout;

/*
 * Gives the run-time address. Needs the layouts of runtime.moduledata and runtime.pcHeader.
 * ERROR_NOT_FOUND with a sentence when there is none that fits.
 */
struct error *find_moduledata(struct target *target, struct elf_image *image, uint64_t bias,
	const struct runtime_layout *layout, uint64_t *ret);

#endif
