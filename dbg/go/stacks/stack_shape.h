/*
 * Stack shapes: thousands of goroutines wait in a few places, with the same frames. A shape is the
 * frames of one such stack, and where its live words are, relative to its SP. A stack with the same
 * return addresses in the same places has the same shape: finding it takes a few comparisons.
 *
 * Only complete stacks of goroutines that no thread runs, with frames of ordinary Go code, have
 * shapes: where the frames of such code end depends only on their pcs. Private to this folder.
 */
#ifndef GCTXDBG_GO_STACKS_STACK_SHAPE_H
#define GCTXDBG_GO_STACKS_STACK_SHAPE_H

#include "dbg/go/stacks/stack_slots.h"
#include "dbg/go/stacks/unwind.h"

struct stack_shapes;

struct stack_shape {
	struct frame *frames; /* sp and fp are relative to the SP of the first */
	size_t frame_count;
	uint64_t size;		  /* bytes from that SP to the fp of the last */
	struct stack_slots slots; /* relative, too; empty until has_slots */
	bool has_slots, too_large;
};

struct error *stack_shapes_create(struct stack_shapes **ret);
/* NULL is allowed. */
void stack_shapes_destroy(struct stack_shapes *shapes);

/*
 * Unwinds the goroutine's own frames from where it was saved, if the stack has a known shape.
 * Otherwise returns false and adds no frames.
 */
bool stack_shape_apply(
	struct stack_shapes *shapes, struct unwinding *u, const struct stack_start *start);

/*
 * Remembers the shape of the stack that has been unwound from where it was saved, if it has one.
 * Shapes live as long as `shapes`, which are bounded: further ones are not remembered.
 */
void stack_shape_learn(
	struct stack_shapes *shapes, struct unwinding *u, const struct stack_start *start);

/* Where the live words of the scanned stack are, which has the shape scan->stack->shape. NULL: there
 * are too many to keep. */
struct error *stack_shape_slots(
	struct program *program, const struct stack_scan *scan, const struct stack_slots **ret);

#endif
