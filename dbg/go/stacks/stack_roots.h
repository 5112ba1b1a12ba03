/*
 * The roots of a goroutine's stack: its live words, as the garbage collector determines them by the
 * compiler's pointer maps for the frames' locals and arguments, the stack objects that are pointed
 * to, and whole frames where no map is valid (the innermost frame of running code, code that a
 * signal has preempted). Dead variables and leftovers of earlier calls are not included.
 *
 * Sources: runtime/stkframe.go (getStackMap; runtime/stack.go in 1.19), runtime/mgcmark.go
 * (scanframeworker, scanstack), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_STACKS_STACK_ROOTS_H
#define GCTXDBG_GO_STACKS_STACK_ROOTS_H

#include "dbg/go/stacks/stack.h"

/* A live word of the stack, or a register. */
struct stack_root {
	uint64_t address; /* 0: in a register */
	uint64_t value;
	uint32_t frame; /* index in stack->frames of the physical frame that contains it */
	bool mapped;	/* a pointer according to the compiler's map; false: it may be one */
};

struct stack_roots {
	struct stack_root *items;
	size_t count, capacity;
	bool partial; /* something could not be read */
};

/* A pointer that the runtime keeps for the goroutine, on the stack or elsewhere. */
struct stack_extra {
	uint64_t address, value;
	uint64_t sp; /* of the frame that it belongs to; 0: none, taken for the outermost */
};

/* The stack to scan. */
struct stack_scan {
	const struct stack *stack;	     /* its frames, unwound */
	struct stack_bounds bounds;	     /* of the goroutine's own stack */
	bool running;			     /* a thread runs it and is not in a system call */
	const struct user_regs_struct *regs; /* that thread's; NULL: unknown, or not running */
	const struct stack_extra *extra;
	size_t extra_count;
};

/*
 * Fills `ret` (zero-initialised or used before; emptied first; free `items`). Where a map is valid,
 * the first word of an interface is not included: the collector does not follow it.
 */
struct error *stack_roots_find(
	struct program *program, const struct stack_scan *scan, struct stack_roots *ret);

#endif
