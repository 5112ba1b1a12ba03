/*
 * Finds out from machine code what a short method returns: a field of its receiver, zero, or the
 * result of another method that it calls.
 *
 * Evaluates registers and stack slots symbolically along the straight path from the entry, as long
 * as they hold the receiver, a value loaded through it, or zero. Anything more complicated gives
 * CODE_GETTER_UNKNOWN, never a guess. Relies on Go's register ABI (1.17 and later): receiver and
 * first result are in RAX.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_GETTER_H
#define GCTXDBG_DWARF_CODE_CODE_GETTER_H

#include "dwarf/base/memory.h"

enum { CODE_PATH_MAX = 6 };

/*
 * A value reached from the receiver: for each of `offsets`, add it to the current pointer and load
 * the word there; finally add `add`.
 */
struct code_path {
	int32_t offsets[CODE_PATH_MAX];
	size_t count;
	int32_t add;
};

enum code_getter_kind {
	CODE_GETTER_UNKNOWN,
	CODE_GETTER_ZERO, /* returns nil or 0 */
	CODE_GETTER_WORD, /* returns the word at `path` */
	/*
	 * Calls a method of the interface whose itab is the word at `path`; `method` is the offset
	 * in the itab.
	 */
	CODE_GETTER_INTERFACE,
	CODE_GETTER_CALL, /* calls the function at `target` with `path` as receiver */
};

struct code_getter {
	enum code_getter_kind kind;
	struct code_path path;
	int64_t method;
	uint64_t target;
};

/* Evaluates the method with the machine code `code`, which is at address `start`. */
void code_getter_read(struct bytes code, uint64_t start, struct code_getter *ret);

/* `*ret` is `first` followed by `second`. False if the path is too long. */
bool code_path_append(
	const struct code_path *first, const struct code_path *second, struct code_path *ret);

#endif
