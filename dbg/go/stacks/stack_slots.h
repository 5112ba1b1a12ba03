/*
 * Where the live words of a stack are: the pointer maps of its frames, their stack objects, and
 * whole frames where no map is valid. This depends only on the frames, not on what is in them.
 * Private to this folder: stack_roots.c reads the words.
 *
 * Sources: runtime/stkframe.go (getStackMap; runtime/stack.go in 1.19), runtime/symtab.go
 * (stackmap), runtime/mgcmark.go (scanframeworker), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_STACKS_STACK_SLOTS_H
#define GCTXDBG_GO_STACKS_STACK_SLOTS_H

#include "dbg/go/stacks/stack_roots.h"

struct stack_slot {
	uint64_t address;
	uint32_t frame; /* the physical frame that contains it */
	bool mapped;	/* as in struct stack_root */
};

struct stack_object {
	uint64_t start, size;
	uint32_t frame;
	bool scanned;
};

/* Addresses are the target's, or relative to a stack's first SP (see stack_shape.h). */
struct stack_slots {
	size_t limit;  /* of slots, and of objects */
	bool anywhere; /* also outside the goroutine's stack, where they are not live */
	struct stack_slot *items;
	size_t count, capacity;
	struct stack_object *objects; /* sorted by address */
	size_t object_count, object_capacity;
	bool running; /* the innermost own frame was running: registers are live, too */
	uint32_t innermost;
	bool partial; /* more than the limit: some are missing */
};

enum { STACK_SLOTS_LIMIT = 1 << 24 };

/* Fills `ret`, which must be empty, but for `limit` and `anywhere`. */
struct error *stack_slots_find(
	struct program *program, const struct stack_scan *scan, struct stack_slots *ret);
void stack_slots_deinit(struct stack_slots *slots);

#endif
