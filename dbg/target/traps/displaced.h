/*
 * One displaced instruction: code that does at another address what the instruction does at its
 * own, and then continues with the next instruction.
 *
 * Most instructions are copied, with the displacement of rip-relative operands corrected, and
 * followed by a jump back. A relative branch becomes a jump to its target; a call becomes a push of
 * the true return address and a jump. So registers and stack are exactly as the program expects.
 * Everything runs natively, nothing is emulated. A thread may be stopped between two of the
 * instructions that this takes: displaced_locate() says where the program sees it.
 */
#ifndef GCTXDBG_TARGET_TRAPS_DISPLACED_H
#define GCTXDBG_TARGET_TRAPS_DISPLACED_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum { DISPLACED_SIZE = 32, DISPLACED_STATES = 3, INSTRUCTION_MAX = 15, INT3 = 0xCC };

/* The state of a thread at `offset` of the code. */
struct displaced_state {
	uint8_t offset;
	bool done;	     /* the instruction has been executed */
	int8_t stack_change; /* to be added to rsp: undoes what has been pushed */
	uint64_t rip;	     /* its pc as the program sees it */
};

struct displaced {
	uint64_t address; /* of the instruction */
	uint64_t slot;	  /* of the code */
	uint8_t length;	  /* of the instruction */
	uint8_t code[DISPLACED_SIZE];
	struct displaced_state states[DISPLACED_STATES];
	uint8_t state_count;
	/* A system call: when a thread that is stopped in it continues, the kernel may restart it,
	 * by setting rip back to the start of the code. */
	bool restarts;
};

/*
 * Moves the instruction at `address` to `slot`. `bytes` are the bytes at `address`; at most
 * INSTRUCTION_MAX are used. ERROR_BAD_DATA: they are not an instruction. ERROR_OTHER: it cannot be
 * moved (a far call), or not that far (`slot` must be within 2 GiB of what it refers to).
 */
struct error *displaced_make(
	uint64_t address, struct bytes bytes, uint64_t slot, struct displaced *ret);

/* The state of a thread whose pc is `rip`; NULL: that is not in the code. */
const struct displaced_state *displaced_locate(const struct displaced *displaced, uint64_t rip);

#endif
