/* What the code of a frame's function does next: see frame_code.h. */
#include "dbg/go/stacks/frame_code.h"

#include "dbg/go/program/program_state.h"

struct slot_uses frame_slot_uses(
	struct program *program, const struct frame *frame, uint64_t address)
{
	const struct slot_uses unknown = {true, false};
	struct module_function found;
	struct bytes code;
	if (!program_function_at(program, frame->pc - 1, &found) ||
		!module_bytes_at(found.module, found.entry,
			found.function.end - found.function.entry, &code))
		return unknown;
	return code_slot_uses(code, frame->pc - found.entry, (int64_t)(address - frame->sp));
}
