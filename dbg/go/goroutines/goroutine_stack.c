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

struct error *goroutine_stacks_prefetch(struct program *program,
	const struct goroutine *const *goroutines, size_t count, bool waits)
{
	struct range ranges[2 * STACKS_PREFETCH];
	size_t used = 0;
	for (size_t i = 0; i < count && i < STACKS_PREFETCH; i++) {
		ranges[used++] = stack_range(goroutines[i]);
		if (waits && goroutines[i]->waiting)
			ranges[used++] = (struct range){
				goroutines[i]->waiting, program->layout.sudog.size.size};
	}
	return target_prefetch(program->target, ranges, used);
}

struct error *goroutine_stack_roots(struct program *program, const struct goroutine *goroutine,
	const struct stack *stack, struct stack_roots *ret)
{
	struct stack_scan scan = {
		.stack = stack,
		.bounds = {goroutine->stack_low, goroutine->stack_high},
		.running = goroutine->tid && !goroutine->syscall_sp,
	};
	const struct thread *thread = NULL;
	struct error *err = NULL;
	if (scan.running)
		err = goroutine_thread(program, goroutine, &thread);
	if (err)
		return err;
	if (thread && thread->regs_valid)
		scan.regs = &thread->regs;
	/* Deferred calls and panics are on the stack too; only the g points to the newest ones. */
	error_destroy(program_read_field(
		program, goroutine->address, program->layout.g.defer, &scan.roots[0]));
	error_destroy(program_read_field(
		program, goroutine->address, program->layout.g.panic, &scan.roots[1]));
	return stack_roots_find(program, &scan, ret);
}
