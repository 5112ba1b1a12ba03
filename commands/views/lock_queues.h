/*
 * Which goroutines of a report wait for the same lock.
 */
#ifndef GCTXDBG_COMMANDS_VIEWS_LOCK_QUEUES_H
#define GCTXDBG_COMMANDS_VIEWS_LOCK_QUEUES_H

#include "commands/views/report.h"

struct lock_queue {
	struct wait wait; /* of kind WAIT_MUTEX or WAIT_RWMUTEX */
	uint64_t *goids;  /* ascending */
	size_t count, capacity;
};

struct lock_queues {
	struct lock_queue *items;
	size_t count, capacity;
};

/* The queues of up to 100 locks. Free with lock_queues_deinit(), also after an error. */
struct error *lock_queues_find(struct report *report, struct lock_queues *ret);
void lock_queues_deinit(struct lock_queues *queues);

#endif
