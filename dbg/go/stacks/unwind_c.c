/* C frames of a Go program: see unwind.h. */
#include "dbg/go/program/strings.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/stacks/unwind.h"
#include "dbg/target/native/native_unwind.h"

struct native_walk {
	struct unwinding *u;
	struct position *at;
	bool reached_go;
	bool after_signal; /* the previous frame was a signal trampoline */
	size_t first;	   /* index in the stack of the first frame of this walk */
};

static bool on_native_frame(void *context, const struct native_frame *native)
{
	struct native_walk *walk = context;
	struct unwinding *u = walk->u;
	if (program_is_go_pc(u->program, native->pc)) {
		*walk->at = (struct position){
			.regs = {.rip = native->pc, .rsp = native->sp, .rbp = native->bp},
			.exact = walk->after_signal};
		walk->reached_go = true;
		return false;
	}
	walk->after_signal = native->signal_trampoline;
	const char *name = native->function ? native->function : "??";
	struct frame frame = {.pc = native->pc,
		.sp = native->sp,
		.fp = native->cfa,
		.entry = native->pc - native->function_offset,
		.function = string_pool_intern(u->program->strings, name),
		.file = native->file ? string_pool_intern(u->program->strings, native->file) : NULL,
		.stack = FRAME_C};
	if (!stack_append(u->stack, &frame))
		return false;
	if (native->signal_trampoline) /* the frames so far are the handler's */
		stack_mark_signal(u->stack, walk->first);
	return true;
}

enum segment_end unwind_c(struct unwinding *u, struct position *at)
{
	struct native_walk walk = {.u = u, .at = at, .first = u->stack->count};
	struct error *err =
		native_unwind(u->program->native, &at->regs, at->exact, on_native_frame, &walk);
	if (err) {
		stack_problem(u->stack, "%s", err->message);
		error_destroy(err);
		return SEGMENT_BROKEN;
	}
	return walk.reached_go ? SEGMENT_OTHER : SEGMENT_TOP;
}

/*
 * runtime/asm_amd64.s: cgocallback sets g0.sched.sp to its own frame on g0's stack and stores the
 * previous value at 0(SP). Its caller is runtime/cgo's crosscall2, which saved C's registers
 * (abi_amd64.h).
 */
void unwind_callers_in_c(struct unwinding *u, const struct position *callback)
{
	enum { CROSSCALL_ARGUMENTS = 0x18 }; /* below the registers that crosscall2 saves */
	struct target *target = u->program->target;
	uint64_t sp = u->callback_sp, before, return_pc, saved[5], link[2];
	u->callback_sp = 0;
	const struct unwind_info *info =
		unwind_info_at(u->program, callback->regs.rip, callback->exact);
	if (!sp || !info || !info->has_sp_delta)
		return;
	struct error *err = target_read_u64(target, sp, &before);
	uint64_t crosscall_sp = sp + (uint64_t)(int64_t)info->sp_delta + 8;
	if (!err)
		err = target_read_u64(target, crosscall_sp - 8, &return_pc);
	info = err ? NULL : unwind_info_at(u->program, return_pc, false);
	if (!err && info && info->role == ROLE_CROSSCALL && info->has_sp_delta) {
		uint64_t c_sp = crosscall_sp + (uint64_t)(int64_t)info->sp_delta + 8;
		err = target_read(target, crosscall_sp + CROSSCALL_ARGUMENTS, saved, sizeof(saved));
		if (!err)
			err = target_read(target, c_sp - sizeof(link), link, sizeof(link));
		struct position at = {.regs = {.rip = link[1],
					      .rsp = c_sp,
					      .rbp = link[0],
					      .rbx = saved[0],
					      .r12 = saved[1],
					      .r13 = saved[2],
					      .r14 = saved[3],
					      .r15 = saved[4]}};
		if (!err && !program_is_go_pc(u->program, link[1]))
			unwind_c(u, &at);
		u->callback_sp = before > sp ? before : 0;
	}
	error_destroy(err);
}
