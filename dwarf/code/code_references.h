/*
 * What a function's machine code refers to: the addresses that its instructions name (relative to
 * the instruction pointer), and the constants that it compares and multiplies with.
 *
 * In a program without symbols this is how global variables are found: the function table names the
 * function, and the function names the variable.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_REFERENCES_H
#define GCTXDBG_DWARF_CODE_CODE_REFERENCES_H

#include "dwarf/elf/elf_image.h"

enum code_reference_kind {
	CODE_READ = 1,	    /* value: address */
	CODE_WRITE = 2,	    /* value: address; together with CODE_READ when it modifies */
	CODE_ADDRESS = 4,   /* LEA; value: address */
	CODE_BOUND = 8,	    /* compares and branches as for `x < value`, unsigned */
	CODE_MULTIPLY = 16, /* multiplies by `value` */
};

struct code_reference {
	uint64_t at;	/* address of the instruction */
	uint64_t value; /* link-time address or constant */
	uint8_t size;	/* bytes read or written; 0 for the rest */
	uint8_t kinds;	/* enum code_reference_kind, ORed */
};

struct code_references {
	struct code_reference *items; /* in order of code */
	size_t count, capacity;
};

/*
 * Appends what the function at [start, end) (link-time addresses) refers to. Bytes that are no
 * instruction are skipped; functions beyond a megabyte are cut. Fails only without memory.
 */
struct error *code_references_add(const struct elf_image *image, uint64_t start, uint64_t end,
	struct code_references *references);

void code_references_deinit(struct code_references *references);

#endif
