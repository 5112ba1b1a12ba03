/* Go frames, followed by pclntab as the runtime's own tracebacks do: see unwind.h. */
#include <ucontext.h>

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/stacks/unwind.h"

static bool append_frames(struct stack *stack, const struct unwind_info *info,
	const struct position *at, uint64_t fp, enum frame_stack kind)
{
	for (size_t i = 0; i < info->line_count; i++) {
		const struct unwind_line *line = &info->lines[i];
		struct frame frame = {.pc = at->regs.rip,
			.sp = at->regs.rsp,
			.fp = fp,
			.entry = info->entry,
			.function = line->function,
			.file = line->file,
			.line = line->line,
			.stack = kind,
			.kind = line->kind,
			.inlined = line->inlined};
		if (!stack_append(stack, &frame))
			return false;
	}
	return true;
}

static bool inside(const struct segment *segment, uint64_t address)
{
	const struct stack_bounds *bounds = &segment->bounds;
	return !bounds->high || (address >= bounds->low && address <= bounds->high);
}

/*
 * Reads the interrupted registers from struct rt_sigframe, which the kernel put on the handler's
 * stack: its first word, at fp - 8, is the handler's return address; the ucontext follows at fp.
 */
static bool interrupted_position(struct unwinding *u, uint64_t fp, struct position *at)
{
	gregset_t gregs;
	struct error *err = target_read(u->program->target,
		fp + offsetof(ucontext_t, uc_mcontext.gregs), gregs, sizeof(gregs));
	if (err) {
		stack_problem(u->stack, "the registers that the signal saved cannot be read: %s",
			err->message);
		error_destroy(err);
		return false;
	}
#define REG(name) ((unsigned long long)gregs[name])
	*at = (struct position){.exact = true,
		.regs = {.r8 = REG(REG_R8),
			.r9 = REG(REG_R9),
			.r10 = REG(REG_R10),
			.r11 = REG(REG_R11),
			.r12 = REG(REG_R12),
			.r13 = REG(REG_R13),
			.r14 = REG(REG_R14),
			.r15 = REG(REG_R15),
			.rdi = REG(REG_RDI),
			.rsi = REG(REG_RSI),
			.rbp = REG(REG_RBP),
			.rbx = REG(REG_RBX),
			.rdx = REG(REG_RDX),
			.rax = REG(REG_RAX),
			.rcx = REG(REG_RCX),
			.rsp = REG(REG_RSP),
			.rip = REG(REG_RIP)}};
#undef REG
	return true;
}

struct error *unwind_read(struct unwinding *u, uint64_t address, void *ret, size_t size)
{
	uint64_t offset = address - u->window_start;
	if (offset < u->window_size && size <= u->window_size - offset) {
		memcpy(ret, u->window + offset, size);
		return NULL;
	}
	/* Read ahead only on the goroutine's stack: the memory after it may be unmapped. */
	uint64_t left = address >= u->goroutine.low && address < u->goroutine.high
				? u->goroutine.high - address
				: 0;
	if (left < size)
		return target_read(u->program->target, address, ret, size);
	u->window_start = address;
	u->window_size = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
	struct error *err = target_read(u->program->target, address, u->window, u->window_size);
	if (!err) {
		memcpy(ret, u->window, size);
		return NULL;
	}
	u->window_size = 0;
	error_destroy(err); /* the requested part of a torn stack may still be readable */
	return target_read(u->program->target, address, ret, size);
}

/*
 * Reads what is stored below `fp`, the frame's CFA: the return address and, if the function has a
 * frame, the caller's rbp (else the register still holds it).
 */
static struct error *caller_registers(struct unwinding *u, const struct position *at, uint64_t fp,
	uint64_t *ret_pc, uint64_t *ret_bp)
{
	uint64_t words[2];
	*ret_bp = at->regs.rbp;
	if (fp - at->regs.rsp < 16)
		return unwind_read(u, fp - 8, ret_pc, sizeof(*ret_pc));
	struct error *err = unwind_read(u, fp - 16, words, sizeof(words));
	if (err) {
		error_destroy(err);
		return unwind_read(u, fp - 8, ret_pc, sizeof(*ret_pc));
	}
	*ret_bp = words[0];
	*ret_pc = words[1];
	return NULL;
}

/* Whether the runtime stops here: at the top of a stack, or where the function has changed SP. */
static bool is_outermost(const struct unwind_info *info, const struct position *at)
{
	bool writes_sp = (info->flags & PC_FUNCTION_SP_WRITE) && info->role != ROLE_CGOCALLBACK &&
			 !at->syscall;
	return (info->flags & PC_FUNCTION_TOP_FRAME) || writes_sp;
}

/*
 * Appends one physical Go frame and moves `at` to its caller (runtime/traceback.go resolveInternal
 * and next). Returns false if the segment ends here; `*end` says how.
 */
static bool unwind_go_frame(struct unwinding *u, const struct segment *segment, struct position *at,
	enum segment_end *end)
{
	const struct unwind_info *info = unwind_info_at(u->program, at->regs.rip, at->exact);
	*end = SEGMENT_TOP;
	if (!info) {
		stack_problem(u->stack, "no Go function contains pc 0x%llx", at->regs.rip);
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (!info->has_sp_delta)
		return false; /* an external function (race detector): the runtime stops here too */
	uint64_t sp = at->regs.rsp;
	uint64_t fp = sp + (uint64_t)(int64_t)info->sp_delta + 8, return_pc;
	if (u->program->frames && !unwind_dwarf_caller(u, info, at, &fp, &return_pc)) {
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (!inside(segment, sp) || !inside(segment, fp) || fp <= sp) {
		stack_problem(u->stack, "the stack pointer 0x%llx of %s is outside the stack",
			(unsigned long long)sp, info->lines[info->line_count - 1].function);
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (!append_frames(u->stack, info, at, fp, segment->kind)) {
		*end = SEGMENT_BROKEN;
		return false;
	}
	if (info->role == ROLE_CGOCALLBACK && segment->kind == FRAME_GOROUTINE)
		unwind_callers_in_c(u, at);
	if (info->role == ROLE_SIGTRAMP) {
		*end = interrupted_position(u, fp, at) ? SEGMENT_SIGNAL : SEGMENT_BROKEN;
		return false;
	}
	if (info->role == ROLE_SYSTEM_STACK && segment->kind == FRAME_SYSTEM) {
		*end = SEGMENT_SWITCH;
		return false;
	}
	if (is_outermost(info, at))
		return false;
	uint64_t bp, found_pc;
	struct error *err = caller_registers(u, at, fp, &found_pc, &bp);
	if (err && !u->program->frames) {
		stack_problem(u->stack, "%s", err->message);
		error_destroy(err);
		*end = SEGMENT_BROKEN;
		return false;
	}
	error_destroy(err);
	if (!u->program->frames)
		return_pc = found_pc;
	if (return_pc == 0)
		return false;
	/* The call was injected, so its caller was interrupted. */
	bool injected = info->role == ROLE_ASYNC_PREEMPT || info->role == ROLE_DEBUG_CALL;
	bool trap = info->role == ROLE_SIGPANIC;
	*at = (struct position){.regs = {.rip = return_pc, .rsp = fp, .rbp = bp},
		.exact = trap || (injected && u->program->preempt_is_trap),
		.interrupted = trap || injected};
	return true;
}

enum segment_end unwind_go(struct unwinding *u, const struct segment *segment, struct position *at)
{
	enum segment_end end;
	while (unwind_go_frame(u, segment, at, &end)) {
		if (!program_is_go_pc(u->program, at->regs.rip))
			return SEGMENT_OTHER;
	}
	return end;
}
