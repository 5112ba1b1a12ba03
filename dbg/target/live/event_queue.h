/*
 * The queue of a live target's events, from the tracer thread to the user's thread. Bounded: if the
 * events are not taken, further stops are dropped (the target's state is up to date anyway), but
 * never the event that the target has exited or has been detached.
 */
#ifndef GCTXDBG_TARGET_LIVE_EVENT_QUEUE_H
#define GCTXDBG_TARGET_LIVE_EVENT_QUEUE_H

#include <pthread.h>

#include "dbg/target/target.h"

enum {
	EVENT_QUEUE_STOPS = 32,
	EVENT_QUEUE_ENDS = 8, /* reserved for ends: a target exits once and is detached once */
};

struct event_queue {
	pthread_mutex_t lock;
	struct target_event events[EVENT_QUEUE_STOPS + EVENT_QUEUE_ENDS];
	size_t count;
	int fd; /* eventfd, readable while the queue is not empty */
};

struct error *event_queue_init(struct event_queue *queue);
void event_queue_deinit(struct event_queue *queue); /* also after a failed init */

void event_queue_add(struct event_queue *queue, enum target_event_kind kind, int value);

/* Removes the oldest event; false if the queue is empty. */
bool event_queue_take(struct event_queue *queue, struct target_event *ret);

bool event_queue_is_empty(struct event_queue *queue);

#endif
