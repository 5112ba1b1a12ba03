/*
 * The events of a live target on their way from the tracer thread to the user's thread. Bounded:
 * when nobody takes them, further ones are dropped, except that the first ones, which matter, are
 * kept.
 */
#ifndef GCTXDBG_TARGET_EVENT_QUEUE_H
#define GCTXDBG_TARGET_EVENT_QUEUE_H

#include <pthread.h>

#include "dbg/target/target.h"

struct event_queue {
	pthread_mutex_t lock;
	struct target_event events[32];
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
