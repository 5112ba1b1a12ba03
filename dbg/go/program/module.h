/*
 * A module: one ELF file with Go code. Most programs have one, the executable; each plug-in and
 * each Go library that they are linked with is another.
 *
 * The runtime has a moduledata for each (runtime/symtab.go; releases 1.19 to 1.27), in a list that
 * starts at runtime.firstmoduledata. Only the runtime's own module, which contains that variable,
 * is always there: plug-ins are loaded later, and none is ever unloaded.
 */
#ifndef GCTXDBG_GO_PROGRAM_MODULE_H
#define GCTXDBG_GO_PROGRAM_MODULE_H

#include "dbg/target/target.h"
#include "dwarf/debug/debug_info.h"
#include "dwarf/pclntab/pclntab.h"

struct frame_table;
struct runtime_layout;

struct module {
	/* Belongs to the program. NULL if the file of a plug-in cannot be read; then the module has
	 * only its types. */
	struct elf_image *image;
	const char *path; /* as in the memory map, for messages; belongs to the program */
	uint64_t bias;	  /* run-time address minus link-time address */
	uint64_t record;  /* address of its moduledata */
	size_t number;	  /* index in the program's list */
	struct pclntab pclntab;
	uint64_t text, etext; /* run-time addresses of the Go code */
	uint64_t types, etypes;
	struct range data[4]; /* its variables: data, bss, noptrdata, noptrbss */
	bool data_damaged;    /* moduledata gives bounds outside the file; they were cut */

	/* See program_debug.h. */
	struct elf_image *debug_image; /* NULL: DWARF is in `image` */
	struct debug_info *debug;      /* NULL: no DWARF anywhere, or not opened yet */
	bool debug_tried;
	struct frame_table *frames; /* unwinds by DWARF; NULL: by pclntab */
};

/*
 * Reads the moduledata at `module->record` and opens its function table: sets the fields from
 * `pclntab` to `data_damaged`. `image` and `bias` must be set. `name` is for messages.
 * ERROR_BAD_DATA if the record or the table is damaged.
 */
struct error *module_open(struct module *module, struct target *target,
	const struct runtime_layout *layout, const char *name);
/* Frees the module with its debug information, but not `image`. NULL is allowed. */
void module_destroy(struct module *module);

/* Whether [address, address + size) is in a segment of the module. */
bool module_contains(const struct module *module, uint64_t address, uint64_t size);
/* The file's bytes of the code or data at run-time address `address`; false if it lacks them. */
bool module_bytes_at(
	const struct module *module, uint64_t address, uint64_t size, struct bytes *ret);
/* The image that has the module's symbol table; NULL without a file. */
static inline struct elf_image *module_symbols(const struct module *module)
{
	return module->debug_image ? module->debug_image : module->image;
}

#endif
