/* Fetching the memory that many goroutines' stacks and waits are read from: see stack.h. */
#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/stack.h"

enum { STACK_GUESS = 4096 }; /* bytes of a stack that are mostly enough */

/* The part of its stack that a goroutine uses, or what is mostly enough of it. */
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
