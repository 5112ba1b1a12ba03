/*
 * A copy of the part of a stack that is being read, so that it is not read a word at a time.
 * Private to this folder.
 */
#ifndef GCTXDBG_GO_STACKS_STACK_WINDOW_H
#define GCTXDBG_GO_STACKS_STACK_WINDOW_H

#include "dbg/go/stacks/stack.h"

enum { WINDOW_BYTES = 1024 };

struct stack_window {
	struct stack_bounds bounds; /* of the stack; read in advance only within them */
	uint64_t start;
	size_t size; /* 0: nothing has been copied */
	uint8_t bytes[WINDOW_BYTES];
};

/* Empties the window; the bytes need not be initialised. */
static inline void stack_window_init(struct stack_window *window, struct stack_bounds bounds)
{
	window->bounds = bounds;
	window->size = 0;
}

/* As target_read(): reads `size` bytes at `address`, which may be outside the bounds. */
struct error *stack_window_read(struct stack_window *window, struct target *target,
	uint64_t address, void *ret, size_t size);

#endif
