/* Stacks of goroutines and threads, over all the stacks that a thread is on: see stack.h. */
#include <stdarg.h>
#include <stdio.h>

#include "dbg/go/stacks/unwind.h"

enum { MAX_SEGMENTS = 32 }; /* changes of stack in one thread */

void stack_deinit(struct stack *stack)
{
	free(stack->frames);
	free(stack->problem);
	*stack = (struct stack){0};
}

void stack_problem(struct stack *stack, const char *format, ...)
{
	if (stack->problem)
		return;
	va_list args;
	va_start(args, format);
	if (vasprintf(&stack->problem, format, args) < 0)
		stack->problem = NULL;
	va_end(args);
}

bool stack_append(struct stack *stack, const struct frame *frame)
{
	if (stack->count >= FRAMES_MAX) {
		stack_problem(stack,
			"the stack is deeper than %d frames; the outer ones are not shown",
			FRAMES_MAX);
		return false;
	}
	if (!array_reserve(&stack->frames, &stack->capacity, stack->count + 1)) {
		stack_problem(stack, "out of memory");
		return false;
	}
	stack->frames[stack->count++] = *frame;
	return true;
}

void stack_mark_signal(struct stack *stack, size_t first)
{
	for (size_t i = first; i < stack->count; i++)
		stack->frames[i].stack = FRAME_SIGNAL;
}

/* ---- Where to start, and from stack to stack ---- */

static struct segment segment_of(const struct unwinding *u, uint64_t sp)
{
	const struct go_m *m = u->m;
	if (u->goroutine_high && sp >= u->goroutine_low && sp <= u->goroutine_high)
		return (struct segment){FRAME_GOROUTINE, u->goroutine_low, u->goroutine_high};
	if (m && m->signal_high && sp >= m->signal_low && sp <= m->signal_high)
		return (struct segment){FRAME_SIGNAL, m->signal_low, m->signal_high};
	/* The bounds of g0 are a guess of the runtime's on threads that C made. */
	return (struct segment){FRAME_SYSTEM, 0, 0};
}

/*
 * Unwinds from the thread's registers through signal handlers, C code and the system stack. Returns
 * true when it went on through the goroutine's own frames to their end; false when those are still
 * to come, from where the goroutine was saved. With `saved_only` the goroutine's own frames are
 * never taken from the registers.
 */
static bool unwind_from_registers(struct unwinding *u, struct position *at, bool saved_only)
{
	bool in_vdso = u->m && u->m->vdso_sp;
	for (int i = 0; i < MAX_SEGMENTS; i++) {
		bool go = program_is_go_pc(u->program, at->regs.rip);
		struct segment segment = segment_of(u, at->regs.rsp);
		enum segment_end end;
		if (go && in_vdso && segment.kind != FRAME_SIGNAL) {
			/* traceback1: registers inside a vDSO call are replaced by those of its
			 * caller. */
			*at = (struct position){
				.regs = {.rip = u->m->vdso_pc, .rsp = u->m->vdso_sp}};
			in_vdso = false;
			continue;
		}
		if (go && segment.kind == FRAME_GOROUTINE && saved_only)
			return false;
		size_t before = u->stack->count;
		end = go ? unwind_go(u, &segment, at) : unwind_c(u, at);
		if (end == SEGMENT_SIGNAL) {
			/* The interrupted code may have been inside the signal stack's owner: all
			 * above is the handler's. */
			stack_mark_signal(u->stack, before);
			continue;
		}
		if (go && segment.kind == FRAME_GOROUTINE)
			return true;
		if (end == SEGMENT_OTHER)
			continue;
		if (in_vdso && end != SEGMENT_BROKEN) {
			*at = (struct position){
				.regs = {.rip = u->m->vdso_pc, .rsp = u->m->vdso_sp}};
			in_vdso = false;
			continue;
		}
		return false;
	}
	stack_problem(u->stack, "the thread changes stacks more than %d times", MAX_SEGMENTS);
	return true;
}

/* The goroutine's own frames from where it was saved: runtime/traceback.go initAt. */
static void unwind_saved(struct unwinding *u, const struct goroutine *goroutine)
{
	bool syscall = goroutine->syscall_sp != 0;
	struct position at = {.syscall = syscall,
		.regs = {.rip = syscall ? goroutine->syscall_pc : goroutine->sched_pc,
			.rsp = syscall ? goroutine->syscall_sp : goroutine->sched_sp,
			.rbp = goroutine->sched_bp}};
	struct segment segment = {FRAME_GOROUTINE, goroutine->stack_low, goroutine->stack_high};
	if (at.regs.rip == 0 && at.regs.rsp != 0) {
		/* A call of a nil function: start in its caller. */
		uint64_t return_pc;
		struct error *err = target_read_u64(u->program->target, at.regs.rsp, &return_pc);
		if (!err)
			at.regs.rip = return_pc;
		error_destroy(err);
		at.regs.rsp += 8;
	}
	enum segment_end end = unwind_go(u, &segment, &at);
	if (end == SEGMENT_OTHER)
		stack_problem(u->stack, "unexpected return address 0x%llx", at.regs.rip);
}

static const struct thread *find_thread(struct program *program, pid_t tid)
{
	const struct thread *threads;
	size_t count;
	struct error *err = target_threads(program->target, &threads, &count);
	error_destroy(err);
	for (size_t i = 0; !err && i < count; i++) {
		if (threads[i].tid == tid && threads[i].regs_valid)
			return &threads[i];
	}
	return NULL;
}

/* A goroutine that C has called is locked to its thread, whose g0 tells where C was left. */
static uint64_t callback_sp(struct program *program, const struct goroutine *goroutine)
{
	const struct go_m *m =
		goroutine->locked_m ? program_m_at(program, goroutine->locked_m) : NULL;
	return m ? m->system_sp : 0;
}

static void stack_clear(struct stack *stack)
{
	stack->count = 0;
	free(stack->problem);
	stack->problem = NULL;
}

struct error *goroutine_stack(
	struct program *program, const struct goroutine *goroutine, struct stack *ret)
{
	stack_clear(ret);
	struct unwinding u = {.program = program,
		.stack = ret,
		.m = goroutine->tid ? program_m_at(program, goroutine->m) : NULL,
		.goroutine_low = goroutine->stack_low,
		.goroutine_high = goroutine->stack_high,
		.callback_sp = callback_sp(program, goroutine)};
	const struct thread *thread = goroutine->tid ? find_thread(program, goroutine->tid) : NULL;
	if (thread) {
		struct position at = {.regs = thread->regs, .exact = true};
		/* In a system call the runtime's tracebacks start where the call was entered. */
		if (unwind_from_registers(&u, &at, goroutine->syscall_sp != 0))
			return target_check(program->target);
	} else if (goroutine_is_running(program, goroutine)) {
		stack_problem(ret, "it is running, but no thread of the target is known to run it");
	}
	unwind_saved(&u, goroutine);
	return target_check(program->target);
}

struct error *thread_stack(struct program *program, const struct thread *thread, struct stack *ret)
{
	stack_clear(ret);
	struct unwinding u = {
		.program = program, .stack = ret, .m = program_m_of_thread(program, thread->tid)};
	const struct goroutine *goroutine = NULL;
	if (u.m && u.m->current_g)
		goroutine = program_goroutine_at(program, u.m->current_g);
	if (goroutine) {
		u.goroutine_low = goroutine->stack_low;
		u.goroutine_high = goroutine->stack_high;
		u.callback_sp = callback_sp(program, goroutine);
	}
	if (!thread->regs_valid) {
		stack_problem(ret, "its registers are not known");
		return NULL;
	}
	struct position at = {.regs = thread->regs, .exact = true};
	if (!unwind_from_registers(&u, &at, false) && goroutine)
		unwind_saved(&u, goroutine);
	return target_check(program->target);
}
