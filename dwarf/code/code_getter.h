/*
 * What a short method returns, read from its machine code: a field of its receiver, nothing, or
 * what another method returns that it calls.
 *
 * Registers and stack slots are followed symbolically along the straight path from the entry, as
 * far as they hold the receiver, something loaded through it, or zero. What is more complicated is
 * CODE_GETTER_UNKNOWN, never a guess. Go's register ABI (1.17 and later): receiver and first result
 * in RAX.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_GETTER_H
#define GCTXDBG_DWARF_CODE_CODE_GETTER_H

#include "dwarf/base/memory.h"

enum { CODE_PATH_MAX = 6 };

/*
 * A place reached from the receiver: offsets[0] is added to it and the word there is loaded, and so
 * on; `add` is added to the last one.
 */
struct code_path {
	int32_t offsets[CODE_PATH_MAX];
	size_t count;
	int32_t add;
};

enum code_getter_kind {
	CODE_GETTER_UNKNOWN,
	CODE_GETTER_ZERO,      /* returns nil or 0 at once */
	CODE_GETTER_WORD,      /* returns the word that `path` leads to */
	CODE_GETTER_INTERFACE, /* calls a method of the interface whose itab is the word at `path`;
				  `method` is its offset in the itab */
	CODE_GETTER_CALL,      /* calls the function at `target` with `path` as receiver */
};

struct code_getter {
	enum code_getter_kind kind;
	struct code_path path;
	int64_t method;
	uint64_t target;
};

/* Reads the method whose code, at address `start`, is `code`. */
void code_getter_read(struct bytes code, uint64_t start, struct code_getter *ret);

/* The path that leads on from where `first` leads. False when it is too long. */
bool code_path_append(
	const struct code_path *first, const struct code_path *second, struct code_path *ret);

#endif
