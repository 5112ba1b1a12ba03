/* A bounded queue with a lock and an eventfd: see event_queue.h. */
#include "dbg/target/live/event_queue.h"

#include <errno.h>
#include <sys/eventfd.h>

#include "dwarf/base/fd.h"

struct error *event_queue_init(struct event_queue *queue)
{
	pthread_mutex_init(&queue->lock, NULL);
	queue->count = 0;
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return queue->fd < 0 ? error_system(errno, "cannot create an event descriptor") : NULL;
}

void event_queue_deinit(struct event_queue *queue)
{
	close_fd(&queue->fd);
	pthread_mutex_destroy(&queue->lock);
}

/* Whether the target is no longer traced after the event. */
static bool is_end(enum target_event_kind kind)
{
	switch (kind) {
	case TARGET_EVENT_EXITED:
	case TARGET_EVENT_KILLED:
	case TARGET_EVENT_EXEC:
	case TARGET_EVENT_WATCHDOG:
	case TARGET_EVENT_LEAVE:
		return true;
	case TARGET_EVENT_STOPPED:
	case TARGET_EVENT_TRAP:
	case TARGET_EVENT_BREAKPOINT:
	case TARGET_EVENT_SNAPSHOT:
		break;
	}
	return false;
}

void event_queue_add(struct event_queue *queue, enum target_event_kind kind, int value)
{
	pthread_mutex_lock(&queue->lock);
	size_t room = is_end(kind) ? array_length(queue->events) : EVENT_QUEUE_STOPS;
	if (queue->count < room) {
		queue->events[queue->count++] = (struct target_event){kind, value};
		eventfd_write(queue->fd, 1);
	}
	pthread_mutex_unlock(&queue->lock);
}

bool event_queue_take(struct event_queue *queue, struct target_event *ret)
{
	pthread_mutex_lock(&queue->lock);
	bool found = queue->count > 0;
	if (found) {
		*ret = queue->events[0];
		queue->count--;
		memmove(queue->events, queue->events + 1, queue->count * sizeof(queue->events[0]));
	}
	eventfd_t ignored;
	if (queue->count == 0)
		eventfd_read(queue->fd, &ignored);
	pthread_mutex_unlock(&queue->lock);
	return found;
}

bool event_queue_is_empty(struct event_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	bool empty = queue->count == 0;
	pthread_mutex_unlock(&queue->lock);
	return empty;
}
