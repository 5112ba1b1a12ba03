/*
 * Captures the values of one hit of one breakpoint, for its condition and its event. Private to
 * dbg/break; runs in the tracer thread and allocates nothing.
 */
#ifndef GCTXDBG_BREAK_HIT_CAPTURE_H
#define GCTXDBG_BREAK_HIT_CAPTURE_H

#include "dbg/break/breakpoint_state.h"

struct hit_capture {
	const struct breakpoint_entry *entry;
	struct value_input input;
	/*
	 * The values that the condition read, parallel to entry->used; a bit of `known` is set for
	 * each that it did read. Other threads may change the memory later, but the event must show
	 * the values that the condition saw.
	 */
	struct expr_value seen[BREAK_VALUES_MAX];
	uint32_t known;
};

/* A callback of struct expr_input; `context` is a struct hit_capture. */
struct error *hit_capture_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

/* Adds the values to an event; omits those that cannot be read. */
void hit_capture_fill(struct hit_capture *capture, struct event_slot *slot);

#endif
