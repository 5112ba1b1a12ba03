/*
 * The references in a function's machine code: addresses (operands relative to the instruction
 * pointer) and the constants that it compares or multiplies with.
 *
 * This is how global variables are found in a program without symbols: the function table gives the
 * function, and the function's code refers to the variable.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_REFERENCES_H
#define GCTXDBG_DWARF_CODE_CODE_REFERENCES_H

#include "dwarf/elf/elf_image.h"

enum code_reference_kind {
	CODE_READ = 1,	    /* value: address */
	CODE_WRITE = 2,	    /* value: address; together with CODE_READ if it modifies */
	CODE_ADDRESS = 4,   /* LEA; value: address */
	CODE_BOUND = 8,	    /* unsigned comparison and branch, as for `x < value` */
	CODE_MULTIPLY = 16, /* multiplies by `value` */
};

struct code_reference {
	uint64_t at;	/* address of the instruction */
	uint64_t value; /* link-time address or constant */
	uint8_t size;	/* bytes read or written; 0 for other kinds */
	uint8_t kinds;	/* enum code_reference_kind, ORed */
};

struct code_references {
	struct code_reference *items; /* in code order */
	size_t count, capacity;
};

/*
 * Appends the references of the function at [start, end) (link-time addresses). Skips undecodable
 * bytes, and reads at most the first MiB. Fails only if memory or the decoder is unavailable.
 */
struct error *code_references_add(const struct elf_image *image, uint64_t start, uint64_t end,
	struct code_references *references);

void code_references_deinit(struct code_references *references);

#endif
