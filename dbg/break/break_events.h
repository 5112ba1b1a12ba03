/*
 * Events on their way from the tracer thread to the user's thread: a ring of slots, each with space
 * for its texts. One thread writes, one takes. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_BREAK_EVENTS_H
#define GCTXDBG_BREAK_BREAK_EVENTS_H

#include <stdatomic.h>

#include "dbg/break/breakpoint.h"

enum { EVENT_SLOTS = 1024, EVENT_TEXTS = 12288 };

/* An event whose strings lie in `texts`. */
struct event_slot {
	struct break_event event;
	char texts[EVENT_TEXTS];
	size_t used;
};

struct break_events {
	struct event_slot *slots;
	_Atomic size_t written, taken; /* counts that only grow */
	int fd;			       /* eventfd */
};

/* `fd` is -1 before and after. */
struct error *break_events_init(struct break_events *events);
void break_events_deinit(struct break_events *events);

/* How many more fit. */
size_t break_events_room(const struct break_events *events);

/* The slot to fill in, empty; there must be room. It is seen by nobody until it is sent. */
struct event_slot *break_events_next(struct break_events *events);
void break_events_send(struct break_events *events);

/* Bytes that fit still, a NUL included. */
size_t event_slot_room(const struct event_slot *slot);
/* Copies `size` bytes and a NUL into the slot's texts; what does not fit is cut. `*ret_size` is how
 * many bytes did, unless that is NULL. */
const char *event_slot_text(
	struct event_slot *slot, const char *text, size_t size, size_t *ret_size);

/* Takes the oldest; false when there is none. */
bool break_events_take(struct break_events *events, struct break_event *ret);

#endif
