/* Goroutines that queue for locks: see lock_queues.h. */
#include "commands/views/lock_queues.h"

void lock_queues_deinit(struct lock_queues *queues)
{
	for (size_t i = 0; i < queues->count; i++)
		free(queues->items[i].goids);
	free(queues->items);
}

static struct error *queue_up(struct lock_queues *queues, const struct wait *wait, uint64_t goid)
{
	enum { MAX_LOCKS = 100 };
	size_t at = 0;
	while (at < queues->count && queues->items[at].wait.address != wait->address)
		at++;
	if (at == MAX_LOCKS)
		return NULL;
	if (at == queues->count) {
		if (!array_reserve(&queues->items, &queues->capacity, queues->count + 1))
			return error_no_memory();
		queues->items[queues->count++] = (struct lock_queue){.wait = *wait};
	}
	struct lock_queue *queue = &queues->items[at];
	if (!array_reserve(&queue->goids, &queue->capacity, queue->count + 1))
		return error_no_memory();
	queue->goids[queue->count++] = goid;
	return NULL;
}

/* The reasons of waits for locks: "sync.Mutex.Lock" and similar, "semacquire" in 1.19. */
static bool may_wait_for_lock(const char *reason)
{
	return reason && (strncmp(reason, "sync.", 5) == 0 || strcmp(reason, "semacquire") == 0);
}

static bool is_lock(const struct goroutine_view *view)
{
	return view->wait_count == 1 && view->waits[0].address &&
	       (view->waits[0].kind == WAIT_MUTEX || view->waits[0].kind == WAIT_RWMUTEX);
}

struct error *lock_queues_find(struct report *report, struct lock_queues *ret)
{
	struct program *program = report->session->program;
	struct goroutine_view view = {.program = program};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < report->goroutines.count; i++) {
		const struct goroutine *goroutine = goroutine_match(&report->goroutines, i);
		const char *reason = goroutine_wait_reason(program, goroutine);
		if (!may_wait_for_lock(reason))
			continue;
		goroutine_view_move(&view, goroutine);
		err = goroutine_view_load(&view, VIEW_WAITS);
		if (!err && is_lock(&view))
			err = queue_up(ret, &view.waits[0], goroutine->goid);
	}
	goroutine_view_deinit(&view);
	return err;
}
