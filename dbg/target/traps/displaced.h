/*
 * One instruction, moved: code that does at another place what the instruction did at its own, and
 * then goes on behind it.
 *
 * Most are copied, with the displacement of rip-relative operands corrected, and followed by a jump
 * back. Relative branches become jumps to their targets, calls a push of the true return address
 * and a jump, so that nothing the program can see (registers, stack) tells the difference; all run
 * natively, nothing is emulated. A thread may be found between two of the instructions that this
 * takes: displaced_locate() says where it stands in the program's eyes.
 */
#ifndef GCTXDBG_TARGET_TRAPS_DISPLACED_H
#define GCTXDBG_TARGET_TRAPS_DISPLACED_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum { DISPLACED_SIZE = 32, DISPLACED_STATES = 3, INSTRUCTION_MAX = 15, INT3 = 0xCC };

/* A thread stands at `offset` of the code. */
struct displaced_state {
	uint8_t offset;
	bool done;	     /* the instruction has been executed */
	int8_t stack_change; /* to be added to rsp: what has been pushed already */
	uint64_t rip;	     /* where it stands in the program's eyes */
};

struct displaced {
	uint64_t address; /* of the instruction */
	uint64_t slot;	  /* of the code */
	uint8_t length;	  /* of the instruction */
	uint8_t code[DISPLACED_SIZE];
	struct displaced_state states[DISPLACED_STATES];
	uint8_t state_count;
	/* A system call: the kernel may restart it, by setting rip back to the code's start, once a
	   thread stopped in it goes on. */
	bool restarts;
};

/*
 * Moves the instruction at `address`, of which `bytes` are the first (at most INSTRUCTION_MAX are
 * looked at), to `slot`. ERROR_BAD_DATA: no instruction; ERROR_OTHER: one that cannot be moved (a
 * far call), or not that far (`slot` must be within 2 GiB of what it refers to).
 */
struct error *displaced_make(
	uint64_t address, struct bytes bytes, uint64_t slot, struct displaced *ret);

/* Where a thread whose rip is `rip` stands; NULL when that is not in the code. */
const struct displaced_state *displaced_locate(const struct displaced *displaced, uint64_t rip);

#endif
