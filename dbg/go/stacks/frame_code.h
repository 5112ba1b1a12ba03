/* What the code of a frame's function does next. */
#ifndef GCTXDBG_GO_STACKS_FRAME_CODE_H
#define GCTXDBG_GO_STACKS_FRAME_CODE_H

#include "dbg/go/stacks/stack.h"
#include "dwarf/code/code_slots.h"

/*
 * What the function does with the word of the frame at `address`, from where the frame continues.
 * `frame` is not inlined. {true, false} if its code is not known.
 */
struct slot_uses frame_slot_uses(
	struct program *program, const struct frame *frame, uint64_t address);

#endif
