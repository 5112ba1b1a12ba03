/*
 * Finds instructions in compiled Go code: where a function's body begins, where it returns, where
 * it accesses a field, what it calls.
 *
 * dwarf/code analyzes machine code (with Zydis); it uses the ELF image below it and knows no
 * process. Its main entry points are here, in code_run.h and in code_references.h.
 *
 * Covers the amd64 code of the compilers of Go 1.19 to 1.27. Offsets are in bytes from the
 * start of the code. Code that is not understood gives no result, never a guess.
 */
#ifndef GCTXDBG_DWARF_CODE_CODE_LOCATIONS_H
#define GCTXDBG_DWARF_CODE_CODE_LOCATIONS_H

#include "dwarf/base/memory.h"

/*
 * The offset after the stack check at the start of a Go function; 0 if it has none. There, the
 * arguments are still where the caller put them and the stack pointer has not changed. Unlike the
 * entry, which is executed again after the stack has grown, this runs once per call.
 */
size_t code_after_stack_check(struct bytes code);

/* The offsets of the return instructions. Returns their number; stores at most `max` of them. */
size_t code_returns(struct bytes code, size_t *ret, size_t max);

enum code_access { CODE_LOADS, CODE_STORES };

/*
 * The only instruction that loads, or stores, 8 bytes at `displacement` from a register other than
 * the stack pointer and the instruction pointer. `*ret_register` is the DWARF number of that base
 * register. False if there is no such instruction or more than one.
 */
bool code_only_access(struct bytes code, enum code_access access, int64_t displacement,
	size_t *ret_offset, int *ret_register);

/*
 * The first direct call, at or after offset `from`, of the function `target` bytes from the start
 * of the code.
 */
bool code_next_call(struct bytes code, size_t from, int64_t target, size_t *ret_offset);

/*
 * The other functions that the code calls or jumps to, each once, as offsets from its start.
 * `*ret_count` is their number; at most `max` are stored. False if there are also calls through a
 * register or memory.
 */
bool code_calls(struct bytes code, int64_t *ret, size_t max, size_t *ret_count);

/*
 * The entry points of a region of the code: the offsets of its instructions that are reachable from
 * outside without passing another instruction of the region. `inside` returns whether an offset
 * belongs to the region. Returns their number and stores at most `max`; 0 also if the code is too
 * large or not understood.
 */
size_t code_region_entries(struct bytes code, bool (*inside)(void *context, size_t offset),
	void *context, size_t *ret, size_t max);

/* True if the code at `from` reaches `to` without a jump, a call or a return in between. */
bool code_falls_through(struct bytes code, size_t from, size_t to);

/*
 * True if a jump leads to `offset`, so that a loop begins there. Considers only jumps at offsets
 * for which `inside` returns true, or all if it is NULL.
 */
bool code_is_jump_target(struct bytes code, size_t offset,
	bool (*inside)(void *context, size_t offset), void *context);

#endif
