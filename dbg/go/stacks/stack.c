/* Unwinding across all the stacks that a thread is on: see stack.h. */
#include <stdarg.h>
#include <stdio.h>

#include "dbg/go/stacks/stack_shape.h"
#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/stacks/unwind.h"
#include "dwarf/base/format.h"

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
	stack->problem = format_text(format, args);
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
 * Whether the outermost function on the system stack is one of those that save the goroutine before
 * they switch to it: the return address of its call is close to where g0 was saved.
 */
static bool entered_by_switch(struct unwinding *u, uint64_t system_sp)
{
	uint64_t words[5]; /* asmcgocall reserves two words and aligns SP */
	if (system_sp < sizeof(words))
		return false;
	struct error *err =
		target_read(u->program->target, system_sp - sizeof(words), words, sizeof(words));
	bool found = false;
	for (size_t i = 0; !err && !found && i < array_length(words); i++) {
		const struct unwind_info *info = unwind_info_at(u->program, words[i], false);
		found = info && info->role == ROLE_SYSTEM_STACK;
	}
	error_destroy(err);
	return found;
}

/*
 * Whether the goroutine was saved when the thread left its stack for the one that has been unwound
 * up to `end`. The race detector's functions switch to the system stack without saving it.
 */
static bool was_saved(struct unwinding *u, const struct stack_start *start,
	const struct segment *segment, enum segment_end end)
{
	if (segment->kind != FRAME_SYSTEM || end != SEGMENT_TOP || !start->has_saved ||
		start->saved_in_syscall ||
		(start->saved_sp && entered_by_switch(u, start->system_sp)))
		return true;
	stack_problem(u->stack, "its own frames are not known: it switched to the system stack "
				"without saving its state, as in a call of the race detector");
	return false;
}

/*
 * In a vDSO call, Go's code is followed from the caller of the function that makes the call
 * (runtime/traceback.go traceback1). Not if a signal handler makes it: the handler's frames are
 * complete, and what it interrupted is found in them.
 */
static bool vdso_caller(
	const struct unwinding *u, const struct stack_start *start, bool done, struct position *ret)
{
	if (done || !start->vdso_sp || stack_contains(&u->signal, start->vdso_sp))
		return false;
	*ret = (struct position){.regs = {.rip = start->vdso_pc, .rsp = start->vdso_sp}};
	return true;
}

/*
 * Unwinds from the thread's registers through signal handlers, C code and the system stack. Returns
 * true if it has also followed the goroutine's own frames as far as they are known; false if those
 * are still to be unwound from where the goroutine was saved.
 */
static bool unwind_from_registers(struct unwinding *u, const struct stack_start *start)
{
	struct position position = {.regs = *start->regs, .exact = true}, *at = &position;
	bool vdso_done = false;
	for (int i = 0; i < MAX_SEGMENTS; i++) {
		bool go = program_is_go_pc(u->program, at->regs.rip);
		struct segment segment = segment_of(u, at->regs.rsp);
		enum segment_end end;
		if (go && segment.kind != FRAME_SIGNAL && vdso_caller(u, start, vdso_done, at)) {
			vdso_done = true;
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
		if (!vdso_caller(u, start, vdso_done, at))
			return go && !was_saved(u, start, &segment, end);
		vdso_done = true;
	}
	stack_problem(u->stack, "the thread switches stacks more than %d times", MAX_SEGMENTS);
	return true;
}

/* Unwinds the goroutine's own frames from where it was saved: runtime/traceback.go initAt. */
static void unwind_saved(struct unwinding *u, const struct stack_start *start)
{
	struct stack_shapes *shapes = unwind_cache_shapes(u->program->unwind_cache);
	/* The shapes were learned with pclntab. */
	bool by_shape = !u->stack->count && !u->program->modules[0]->frames;
	if (by_shape && stack_shape_apply(shapes, u, start))
		return;
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
	if (by_shape)
		stack_shape_learn(shapes, u, start);
}

/* Not the window's bytes: clearing them would take as long as the unwinding. */
static void unwinding_init(struct unwinding *u, struct program *program,
	const struct stack_start *start, struct stack *stack)
{
	u->program = program;
	u->stack = stack;
	u->goroutine = start->goroutine;
	u->signal = start->signal;
	u->callback_sp = start->callback_sp;
	u->saved_pc = start->has_saved ? start->saved_pc : 0;
	u->saved_bp = start->saved_bp;
	stack_window_init(&u->window, start->goroutine);
}

static void stack_clear(struct stack *stack)
{
	stack->count = 0;
	free(stack->problem);
	stack->problem = NULL;
	stack->shape = NULL;
}

struct error *stack_unwind(
	struct program *program, const struct stack_start *start, struct stack *ret)
{
	stack_clear(ret);
	struct unwinding u;
	unwinding_init(&u, program, start, ret);
	if (start->problem)
		stack_problem(ret, "%s", start->problem);
	if (start->regs && unwind_from_registers(&u, start))
		return target_check(program->target);
	if (start->has_saved)
		unwind_saved(&u, start);
	return target_check(program->target);
}
