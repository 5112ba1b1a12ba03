/*
 * The queue of events from the tracer thread to the user's thread: a ring of slots, each with
 * memory for its texts. One thread writes, one reads. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_BREAK_EVENTS_H
#define GCTXDBG_BREAK_BREAK_EVENTS_H

#include <stdatomic.h>

#include "dbg/break/breakpoint.h"

enum { EVENT_SLOTS = 1024, EVENT_TEXTS = 12288 };

/* An event whose strings are in `texts`. */
struct event_slot {
	struct break_event event;
	char texts[EVENT_TEXTS];
	size_t used;
};

struct break_events {
	struct event_slot *slots;
	_Atomic size_t written, taken; /* totals; they never decrease */
	int fd;			       /* eventfd, readable while there are events */
};

/* On failure, and after break_events_deinit(), `fd` is -1. */
struct error *break_events_init(struct break_events *events);
void break_events_deinit(struct break_events *events);

/* The number of free slots. */
size_t break_events_room(const struct break_events *events);

/* The next free slot, cleared; there must be one. The reader does not see it before it is sent. */
struct event_slot *break_events_next(struct break_events *events);
void break_events_send(struct break_events *events);

/* The number of free bytes for texts, including the NUL. */
size_t event_slot_room(const struct event_slot *slot);
/*
 * Copies `size` bytes and a NUL into the slot's texts, cut if there is too little room.
 * `*ret_size`, unless NULL, is the number of bytes copied without the NUL.
 */
const char *event_slot_text(
	struct event_slot *slot, const char *text, size_t size, size_t *ret_size);

/* Removes the oldest event; false if there is none, or if allocation fails. Free its `texts`. */
bool break_events_take(struct break_events *events, struct break_event *ret);

#endif
