/*
 * One hit as one breakpoint judges it, and the event that tells of it. Private to dbg/break, of the
 * tracer thread; nothing is allocated.
 */
#ifndef GCTXDBG_BREAK_HIT_EVALUATION_H
#define GCTXDBG_BREAK_HIT_EVALUATION_H

#include "dbg/break/breakpoint_state.h"

struct hit_evaluation {
	const struct breakpoint_entry *entry;
	struct value_input input;
	/* What the condition was given, parallel to entry->used; bits say of which that is so.
	 * Other threads may change the memory afterwards: an event tells what was judged. */
	struct expr_value seen[BREAK_VALUES_MAX];
	uint32_t known;
};

/* A callback of struct expr_input; `context` is a struct hit_evaluation. */
struct error *hit_evaluation_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

/* Puts the values into an event; those that cannot be read are left out. */
void hit_evaluation_capture(struct hit_evaluation *evaluation, struct event_slot *slot);

#endif
