/*
 * Instructions that mean something in compiled Go code: where a function's body begins, where it
 * returns, where it reaches for a field.
 *
 * What the compilers of Go 1.19 and 1.21 to 1.27 make for amd64. Offsets are from the start of the
 * code; whatever is not understood is not found, never guessed.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_LOCATIONS_H
#define GCTXDBG_DWARF_CODE_CODE_LOCATIONS_H

#include "dwarf/base/memory.h"

/*
 * The offset behind the check for stack space that a Go function begins with (0 when there is
 * none). Arguments are still where the caller put them and the stack pointer has not moved; but
 * where the entry is executed again after the stack has grown, this is executed once per call.
 */
size_t code_behind_stack_check(struct bytes code);

/* The offsets of the return instructions; how many there are, of which at most `max` are stored. */
size_t code_returns(struct bytes code, size_t *ret, size_t max);

enum code_access { CODE_LOADS, CODE_STORES };

/*
 * The one instruction that loads, or stores, 8 bytes at `displacement` from a register other than
 * the stack pointer and the instruction pointer; `*ret_register` is DWARF's number of it. False
 * when there is none or more than one.
 */
bool code_only_access(struct bytes code, enum code_access access, int64_t displacement,
	size_t *ret_offset, int *ret_register);

/* The first direct call, from offset `from` on, of the function at `target` bytes from the start of
 * the code. */
bool code_next_call(struct bytes code, size_t from, int64_t target, size_t *ret_offset);

/*
 * Which other functions the code calls or jumps to, as offsets from its start, each once; of
 * `*ret_count` at most `max` are stored. False when it calls some through a register or memory,
 * too.
 */
bool code_calls(struct bytes code, int64_t *ret, size_t max, size_t *ret_count);

/*
 * Where a part of the code is entered: `inside` tells of every offset whether it belongs to the
 * part. The offsets of those instructions of the part that can be reached from outside without
 * passing another one of it. Returns how many; at most `max` are stored; 0 also when the code is
 * too large or not understood.
 */
size_t code_region_entries(struct bytes code, bool (*inside)(void *context, size_t offset),
	void *context, size_t *ret, size_t max);

/* True when some jump leads to `offset`, so that a loop begins there; of those in the part of the
 * code that `inside` tells of, NULL: all. */
bool code_is_jump_target(struct bytes code, size_t offset,
	bool (*inside)(void *context, size_t offset), void *context);

#endif
