/* The reading thread and its hand-over of one request at a time. */
#include "dbg/target/read_ahead.h"

#include <pthread.h>
#include <signal.h>

enum read_state { READ_IDLE, READ_REQUESTED, READ_DONE, READ_QUIT };

struct read_ahead {
	struct target *target;
	pthread_t thread;
	bool threaded;
	pthread_mutex_t mutex; /* guards the members below */
	pthread_cond_t changed;
	enum read_state state;
	struct memory_run *runs;
	size_t count;
	struct error *err;
};

static void set_state(struct read_ahead *ahead, enum read_state state)
{
	ahead->state = state;
	pthread_cond_signal(&ahead->changed);
}

static void *read_ahead_run(void *argument)
{
	struct read_ahead *ahead = argument;
	pthread_mutex_lock(&ahead->mutex);
	for (;;) {
		while (ahead->state != READ_REQUESTED && ahead->state != READ_QUIT)
			pthread_cond_wait(&ahead->changed, &ahead->mutex);
		if (ahead->state == READ_QUIT)
			break;
		pthread_mutex_unlock(&ahead->mutex);
		struct error *err = target_read_runs(ahead->target, ahead->runs, ahead->count);
		pthread_mutex_lock(&ahead->mutex);
		ahead->err = err;
		set_state(ahead, READ_DONE);
	}
	pthread_mutex_unlock(&ahead->mutex);
	return NULL;
}

/* Blocks all signals in the thread: others wait for them. */
static bool start_thread(struct read_ahead *ahead)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int errnum = pthread_create(&ahead->thread, NULL, read_ahead_run, ahead);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum == 0;
}

struct error *read_ahead_create(struct target *target, struct read_ahead **ret)
{
	struct read_ahead *ahead = calloc(1, sizeof(*ahead));
	if (!ahead)
		return error_no_memory();
	ahead->target = target;
	pthread_mutex_init(&ahead->mutex, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	ahead->threaded = start_thread(ahead);
	*ret = ahead;
	return NULL;
}

void read_ahead_destroy(struct read_ahead *ahead)
{
	if (!ahead)
		return;
	error_destroy(read_ahead_finish(ahead));
	if (ahead->threaded) {
		pthread_mutex_lock(&ahead->mutex);
		set_state(ahead, READ_QUIT);
		pthread_mutex_unlock(&ahead->mutex);
		pthread_join(ahead->thread, NULL);
	}
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
	free(ahead);
}

void read_ahead_start(struct read_ahead *ahead, struct memory_run *runs, size_t count)
{
	if (!ahead->threaded) {
		ahead->err = target_read_runs(ahead->target, runs, count);
		ahead->state = READ_DONE;
		return;
	}
	pthread_mutex_lock(&ahead->mutex);
	ahead->runs = runs;
	ahead->count = count;
	set_state(ahead, READ_REQUESTED);
	pthread_mutex_unlock(&ahead->mutex);
}

struct error *read_ahead_finish(struct read_ahead *ahead)
{
	pthread_mutex_lock(&ahead->mutex);
	while (ahead->state == READ_REQUESTED)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	ahead->state = READ_IDLE;
	struct error *err = take_pointer(ahead->err);
	pthread_mutex_unlock(&ahead->mutex);
	return err;
}
