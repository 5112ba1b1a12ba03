/* Unwinding across all the stacks that a thread is on: see stack.h. */
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
			"the stack has more than %d frames; the outer ones are not shown",
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

/* ---- From stack to stack ---- */

static bool stack_contains(const struct stack_bounds *bounds, uint64_t sp)
{
	return bounds->high && sp >= bounds->low && sp <= bounds->high;
}

static struct segment segment_of(const struct unwinding *u, uint64_t sp)
{
	if (stack_contains(&u->goroutine, sp))
		return (struct segment){FRAME_GOROUTINE, u->goroutine};
	if (stack_contains(&u->signal, sp))
		return (struct segment){FRAME_SIGNAL, u->signal};
	/* On threads that C created, the runtime only guesses the bounds of g0. */
	return (struct segment){FRAME_SYSTEM, {0, 0}};
}

/*
 * Unwinds from the thread's registers through signal handlers, C code and the system stack. Returns
 * true if it has also followed the goroutine's own frames to their end; false if those are still to
 * be unwound from where the goroutine was saved.
 */
static bool unwind_from_registers(struct unwinding *u, const struct stack_start *start)
{
	struct position position = {.regs = *start->regs, .exact = true}, *at = &position;
	bool in_vdso = start->vdso_sp != 0;
	for (int i = 0; i < MAX_SEGMENTS; i++) {
		bool go = program_is_go_pc(u->program, at->regs.rip);
		struct segment segment = segment_of(u, at->regs.rsp);
		enum segment_end end;
		if (go && in_vdso && segment.kind != FRAME_SIGNAL) {
			/* runtime/traceback.go traceback1: in a vDSO call, start from the registers
			 * of its caller. */
			*at = (struct position){
				.regs = {.rip = start->vdso_pc, .rsp = start->vdso_sp}};
			in_vdso = false;
			continue;
		}
		if (go && segment.kind == FRAME_GOROUTINE && start->saved_only)
			return false;
		size_t before = u->stack->count;
		end = go ? unwind_go(u, &segment, at) : unwind_c(u, at);
		if (end == SEGMENT_SIGNAL) {
			/* These frames are the handler's, whatever stack they are on. */
			stack_mark_signal(u->stack, before);
			continue;
		}
		if (go && segment.kind == FRAME_GOROUTINE)
			return true;
		if (end == SEGMENT_OTHER)
			continue;
		if (in_vdso && end != SEGMENT_BROKEN) {
			*at = (struct position){
				.regs = {.rip = start->vdso_pc, .rsp = start->vdso_sp}};
			in_vdso = false;
			continue;
		}
		return false;
	}
	stack_problem(u->stack, "the thread switches stacks more than %d times", MAX_SEGMENTS);
	return true;
}

/* Unwinds the goroutine's own frames from where it was saved: runtime/traceback.go initAt. */
static void unwind_saved(struct unwinding *u, const struct stack_start *start)
{
	struct position at = {.syscall = start->saved_in_syscall,
		.regs = {.rip = start->saved_pc, .rsp = start->saved_sp, .rbp = start->saved_bp}};
	struct segment segment = {FRAME_GOROUTINE, start->goroutine};
	if (at.regs.rip == 0 && at.regs.rsp != 0) {
		/* A nil function was called: start in the caller. */
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

static void stack_clear(struct stack *stack)
{
	stack->count = 0;
	free(stack->problem);
	stack->problem = NULL;
}

struct error *stack_unwind(
	struct program *program, const struct stack_start *start, struct stack *ret)
{
	stack_clear(ret);
	struct unwinding u = {.program = program,
		.stack = ret,
		.goroutine = start->goroutine,
		.signal = start->signal,
		.callback_sp = start->callback_sp};
	if (start->problem)
		stack_problem(ret, "%s", start->problem);
	if (start->regs && unwind_from_registers(&u, start))
		return target_check(program->target);
	if (start->has_saved)
		unwind_saved(&u, start);
	return target_check(program->target);
}
