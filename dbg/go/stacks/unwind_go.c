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
			.inlined = line->inlined,
			.wrapper = line->wrapper};
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
 * stack: its first word is the handler's return address; the ucontext follows at `context`.
 */
static bool interrupted_position(struct unwinding *u, uint64_t context, struct position *at)
{
	gregset_t gregs;
	struct error *err = target_read(u->program->target,
		context + offsetof(ucontext_t, uc_mcontext.gregs), gregs, sizeof(gregs));
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

static struct error *read_stack(struct unwinding *u, uint64_t address, void *ret, size_t size)
{
	return stack_window_read(&u->window, u->program->target, address, ret, size);
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
		return read_stack(u, fp - 8, ret_pc, sizeof(*ret_pc));
	struct error *err = read_stack(u, fp - 16, words, sizeof(words));
	if (err) {
		error_destroy(err);
		return read_stack(u, fp - 8, ret_pc, sizeof(*ret_pc));
	}
	*ret_bp = words[0];
	*ret_pc = words[1];
	return NULL;
}

/* Whether the code before `return_pc` calls the function with this entry. */
static bool is_call_of(const struct program *program, uint64_t return_pc, uint64_t entry)
{
	enum { CALL = 0xe8, CALL_SIZE = 5 };
	struct bytes code;
	int32_t distance;
	const struct module *module = program_module_at(program, return_pc - CALL_SIZE);
	if (!module || !module_bytes_at(module, return_pc - CALL_SIZE, CALL_SIZE, &code))
		return false;
	memcpy(&distance, code.data + 1, sizeof(distance));
	return code.data[0] == CALL && return_pc + (uint64_t)(int64_t)distance == entry;
}

/*
 * Assembly functions that set SP, which the table does not describe. Those of the runtime switch
 * stacks: as long as SP is on the goroutine's stack, the table is right (runtime/asm_amd64.s,
 * runtime/sys_linux_amd64.s). Others may align SP: then the word where the table expects the return
 * address is rarely one of a call of this very function. The runtime's own tracebacks stop here.
 */
static bool knows_caller(const struct unwinding *u, const struct segment *segment,
	const struct position *at, const struct unwind_info *info, uint64_t return_pc)
{
	if (!(info->flags & PC_FUNCTION_SP_WRITE) || info->role == ROLE_CGOCALLBACK || at->syscall)
		return true;
	return segment->kind == FRAME_GOROUTINE &&
	       (info->role == ROLE_SYSTEM_STACK || is_call_of(u->program, return_pc, info->entry));
}

/* Every goroutine's stack starts with a function that is marked as its top: runtime.goexit. */
static void report_early_end(
	struct unwinding *u, const struct segment *segment, const struct unwind_info *info)
{
	if (segment->kind == FRAME_GOROUTINE)
		stack_problem(u->stack, "the callers of %s are not known",
			info->lines[info->line_count - 1].function);
}

/*
 * In the runtime's gogo, which resumes a goroutine where it was saved, SP is already the resumed
 * one, or still that of the system stack.
 */
static bool is_resuming(
	const struct unwinding *u, const struct segment *segment, const struct unwind_info *info)
{
	return info->role == ROLE_GOGO && segment->kind == FRAME_GOROUTINE && u->saved_pc;
}

/* Whether the frame, which has just been appended, is the last one of its segment; `*end` says
 * how. */
static bool ends_segment(struct unwinding *u, const struct segment *segment,
	const struct unwind_info *info, struct position *at, uint64_t fp, enum segment_end *end)
{
	bool switches = info->role == ROLE_SYSTEM_STACK || info->role == ROLE_GOGO;
	if (info->role == ROLE_SIGTRAMP || info->role == ROLE_SIGRETURN) {
		/* The return address of the handler has been popped in sigreturn. */
		uint64_t context = info->role == ROLE_SIGTRAMP ? fp : at->regs.rsp;
		*end = interrupted_position(u, context, at) ? SEGMENT_SIGNAL : SEGMENT_BROKEN;
		return true;
	}
	*end = switches && segment->kind == FRAME_SYSTEM ? SEGMENT_SWITCH : SEGMENT_TOP;
	return *end == SEGMENT_SWITCH || (info->flags & PC_FUNCTION_TOP_FRAME);
}

/*
 * Moves `at` to the caller of its frame, which ends at `fp`. `dwarf_pc` is the return address that
 * DWARF gives; NULL: it is not used. False if there is no caller or it is not known.
 */
static bool move_to_caller(struct unwinding *u, const struct segment *segment,
	const struct unwind_info *info, struct position *at, uint64_t fp, const uint64_t *dwarf_pc,
	enum segment_end *end)
{
	uint64_t bp, return_pc;
	struct error *err = caller_registers(u, at, fp, &return_pc, &bp);
	if (err && !dwarf_pc) {
		stack_problem(u->stack, "%s", err->message);
		error_destroy(err);
		*end = SEGMENT_BROKEN;
		return false;
	}
	error_destroy(err);
	if (dwarf_pc)
		return_pc = *dwarf_pc;
	if (return_pc == 0 || !knows_caller(u, segment, at, info, return_pc)) {
		report_early_end(u, segment, info);
		return false;
	}
	/* The call was injected, so its caller was interrupted. */
	bool injected = info->role == ROLE_ASYNC_PREEMPT || info->role == ROLE_DEBUG_CALL;
	bool trap = info->role == ROLE_SIGPANIC;
	*at = (struct position){.regs = {.rip = return_pc, .rsp = fp, .rbp = bp},
		.exact = trap || (injected && u->program->preempt_is_trap),
		.interrupted = trap || injected};
	return true;
}

/*
 * Appends one physical Go frame and moves `at` to its caller (runtime/traceback.go resolveInternal
 * and next). Returns false if the segment ends here; `*end` says how.
 */
static bool unwind_go_frame(struct unwinding *u, const struct segment *segment, struct position *at,
	enum segment_end *end)
{
	const struct unwind_info *info = unwind_info_at(u->program, at->regs.rip, at->exact);
	*end = SEGMENT_BROKEN;
	if (!info) {
		stack_problem(u->stack, "no Go function contains pc 0x%llx", at->regs.rip);
		return false;
	}
	if (is_resuming(u, segment, info)) {
		*at = (struct position){
			.regs = {.rip = u->saved_pc, .rsp = at->regs.rsp, .rbp = u->saved_bp}};
		u->saved_pc = 0;
		return true;
	}
	if (!info->has_sp_delta) {
		/* An external function (race detector): the runtime stops here too. */
		report_early_end(u, segment, info);
		*end = SEGMENT_TOP;
		return false;
	}
	uint64_t sp = at->regs.rsp;
	uint64_t fp = sp + (uint64_t)(int64_t)info->sp_delta + 8, dwarf_pc = 0;
	bool by_dwarf = program_module_at(u->program, at->regs.rip)->frames;
	if (by_dwarf && !unwind_dwarf_caller(u, info, at, &fp, &dwarf_pc))
		return false;
	if (!inside(segment, sp) || !inside(segment, fp) || fp <= sp) {
		stack_problem(u->stack, "the stack pointer 0x%llx of %s is outside the stack",
			(unsigned long long)sp, info->lines[info->line_count - 1].function);
		return false;
	}
	if (!append_frames(u->stack, info, at, fp, segment->kind))
		return false;
	if (info->role == ROLE_CGOCALLBACK && segment->kind == FRAME_GOROUTINE)
		unwind_callers_in_c(u, at);
	return !ends_segment(u, segment, info, at, fp, end) &&
	       move_to_caller(u, segment, info, at, fp, by_dwarf ? &dwarf_pc : NULL, end);
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
