/*
 * The events of a live target on their way from the tracer thread to the user's thread. Bounded:
 * when nobody takes them, further stops are dropped (the target's state tells of the latest
 * anyway), but never that it has ended or has been left.
 */
#ifndef GCTXDBG_TARGET_LIVE_EVENT_QUEUE_H
#define GCTXDBG_TARGET_LIVE_EVENT_QUEUE_H

#include <pthread.h>

#include "dbg/target/target.h"

enum {
	EVENT_QUEUE_STOPS = 32,
	EVENT_QUEUE_ENDS = 8, /* room that stops do not take; a target ends and is left once each */
};

struct event_queue {
	pthread_mutex_t lock;
	struct target_event events[EVENT_QUEUE_STOPS + EVENT_QUEUE_ENDS];
	size_t count;
	int fd; /* eventfd, readable while there are events */
};

struct error *event_queue_init(struct event_queue *queue);
void event_queue_deinit(struct event_queue *queue); /* also after a failed init */

void event_queue_add(struct event_queue *queue, enum target_event_kind kind, int value);

/* Takes the oldest one; false when there is none. */
bool event_queue_take(struct event_queue *queue, struct target_event *ret);

bool event_queue_is_empty(struct event_queue *queue);

#endif
