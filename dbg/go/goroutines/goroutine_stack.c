/* Where a goroutine's stack starts, and prefetching many stacks: see goroutine_stack.h. */
#include "dbg/go/goroutines/goroutine_stack.h"

#include "dbg/go/program/program_state.h"

enum { STACK_GUESS = 4096 }; /* bytes of a stack that usually suffice */

/* Sets what is known of the stacks of the thread that runs `m`. */
static void set_thread(struct stack_start *start, const struct go_m *m)
{
	if (!m)
		return;
	start->signal = (struct stack_bounds){m->signal_low, m->signal_high};
	start->system_sp = m->system_sp;
	start->vdso_pc = m->vdso_pc;
	start->vdso_sp = m->vdso_sp;
}

/* A goroutine that C called is locked to its thread; that thread's g0 records where C was left. */
static uint64_t callback_sp(struct program *program, const struct goroutine *goroutine)
{
	const struct go_m *m =
		goroutine->locked_m ? program_m_at(program, goroutine->locked_m) : NULL;
	return m ? m->system_sp : 0;
}

/* Where the goroutine was saved: runtime/traceback.go initAt. */
static void set_goroutine(
	struct program *program, const struct goroutine *goroutine, struct stack_start *start)
{
	bool syscall = goroutine->syscall_sp != 0;
	start->goroutine = (struct stack_bounds){goroutine->stack_low, goroutine->stack_high};
	start->callback_sp = callback_sp(program, goroutine);
	start->has_saved = true;
	start->saved_in_syscall = syscall;
	start->saved_pc = syscall ? goroutine->syscall_pc : goroutine->sched_pc;
	start->saved_sp = syscall ? goroutine->syscall_sp : goroutine->sched_sp;
	start->saved_bp = goroutine->sched_bp;
}

struct error *goroutine_stack(
	struct program *program, const struct goroutine *goroutine, struct stack *ret)
{
	struct stack_start start = {0};
	const struct thread *thread = NULL;
	set_goroutine(program, goroutine, &start);
	error_destroy(goroutine_thread(program, goroutine, &thread));
	if (goroutine->tid)
		set_thread(&start, program_m_at(program, goroutine->m));
	if (thread && thread->regs_valid) {
		start.regs = &thread->regs;
		/* In a system call the runtime's tracebacks start where the call was entered. */
		start.saved_only = start.saved_in_syscall;
	} else if (goroutine_is_running(program, goroutine)) {
		start.problem = "it is running, but no thread of the target is known to run it";
	}
	return stack_unwind(program, &start, ret);
}

struct error *thread_stack(struct program *program, const struct thread *thread, struct stack *ret)
{
	struct stack_start start = {0};
	if (!thread->regs_valid) {
		start.problem = "its registers are not known";
		return stack_unwind(program, &start, ret);
	}
	start.regs = &thread->regs;
	const struct go_m *m = program_m_of_thread(program, thread->tid);
	set_thread(&start, m);
	const struct goroutine *goroutine =
		m && m->current_g ? program_goroutine_at(program, m->current_g) : NULL;
	if (goroutine)
		set_goroutine(program, goroutine, &start);
	return stack_unwind(program, &start, ret);
}

/* The used part of a goroutine's stack, or as much of it as usually suffices. */
static struct range stack_range(const struct goroutine *goroutine)
{
	uint64_t sp = goroutine->syscall_sp ? goroutine->syscall_sp : goroutine->sched_sp;
	if (sp < goroutine->stack_low || sp >= goroutine->stack_high)
		return (struct range){sp, 0};
	uint64_t size = goroutine->stack_high - sp;
	return (struct range){sp, size < STACK_GUESS ? size : STACK_GUESS};
}

/* Of the first STACKS_PREFETCH goroutines; returns the number of ranges, at most twice as many. */
static size_t stack_ranges(struct program *program, const struct goroutine *const *goroutines,
	size_t count, bool waits, struct range *ret)
{
	size_t used = 0;
	for (size_t i = 0; i < count && i < STACKS_PREFETCH; i++) {
		ret[used++] = stack_range(goroutines[i]);
		if (waits && goroutines[i]->waiting)
			ret[used++] = (struct range){
				goroutines[i]->waiting, program->layout.sudog.size.size};
	}
	return used;
}

struct error *goroutine_stacks_prefetch(struct program *program,
	const struct goroutine *const *goroutines, size_t count, bool waits)
{
	struct range ranges[2 * STACKS_PREFETCH];
	size_t used = stack_ranges(program, goroutines, count, waits, ranges);
	struct error *err = target_prefetch(program->target, ranges, used);
	if (err || count <= STACKS_PREFETCH)
		return err;
	used = stack_ranges(
		program, goroutines + STACKS_PREFETCH, count - STACKS_PREFETCH, waits, ranges);
	return target_read_ahead(program->target, ranges, used);
}
