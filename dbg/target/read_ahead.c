/* The reading thread, and what it and the waiting caller read: see read_ahead.h. */
#include "dbg/target/read_ahead.h"

#include <pthread.h>
#include <signal.h>

/* What one thread reads with one call. */
enum { SLICE_RUNS = 64, SLICE_BYTES = 256 << 10 };

struct read_ahead {
	struct target *target;
	pthread_t thread;
	bool threaded;
	pthread_mutex_t mutex; /* guards the members below */
	pthread_cond_t changed;
	bool quit;
	struct memory_run *runs;
	size_t count;
	size_t next, next_offset; /* the first byte that nobody reads yet: run, byte of the run */
	size_t active;		  /* slices that are being read */
	struct error *err;	  /* the first one; ends the request */
};

/* Parts of runs. The parts of one run can be read by two threads. */
struct slice {
	struct memory_run parts[SLICE_RUNS];
	struct memory_run *owners[SLICE_RUNS];
	size_t count;
};

static bool has_work(const struct read_ahead *ahead)
{
	return !ahead->err && ahead->next < ahead->count;
}

/* Fills the slice with what nobody reads yet. */
static void take_slice(struct read_ahead *ahead, struct slice *slice)
{
	size_t room = SLICE_BYTES;
	slice->count = 0;
	while (has_work(ahead) && slice->count < SLICE_RUNS && room) {
		struct memory_run *run = &ahead->runs[ahead->next];
		size_t offset = ahead->next_offset, left = run->size - offset;
		size_t size = left < room ? left : room;
		slice->owners[slice->count] = run;
		slice->parts[slice->count++] = (struct memory_run){
			run->address + offset, size, (uint8_t *)run->buffer + offset, 0};
		if (!offset)
			run->done = run->size; /* until a part turns out to be incomplete */
		room -= size;
		ahead->next_offset = size < left ? offset + size : 0;
		ahead->next += size == left;
	}
}

/* A run is read up to its first byte that could not be read. */
static void note_slice(const struct slice *slice)
{
	for (size_t i = 0; i < slice->count; i++) {
		const struct memory_run *part = &slice->parts[i];
		struct memory_run *run = slice->owners[i];
		size_t done = (size_t)(part->address - run->address) + part->done;
		if (part->done < part->size && done < run->done)
			run->done = done;
	}
}

/* Reads slices until there are no more. The mutex is locked, except while reading. */
static void read_slices(struct read_ahead *ahead)
{
	struct slice slice;
	while (has_work(ahead)) {
		take_slice(ahead, &slice);
		ahead->active++;
		pthread_mutex_unlock(&ahead->mutex);
		struct error *err = target_read_runs(ahead->target, slice.parts, slice.count);
		pthread_mutex_lock(&ahead->mutex);
		ahead->active--;
		if (!err)
			note_slice(&slice);
		else if (!ahead->err)
			ahead->err = err;
		else
			error_destroy(err);
	}
	pthread_cond_broadcast(&ahead->changed);
}

static void *read_ahead_run(void *argument)
{
	struct read_ahead *ahead = argument;
	pthread_mutex_lock(&ahead->mutex);
	while (!ahead->quit) {
		if (has_work(ahead))
			read_slices(ahead);
		else
			pthread_cond_wait(&ahead->changed, &ahead->mutex);
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
		ahead->quit = true;
		pthread_cond_broadcast(&ahead->changed);
		pthread_mutex_unlock(&ahead->mutex);
		pthread_join(ahead->thread, NULL);
	}
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->mutex);
	free(ahead);
}

void read_ahead_start(struct read_ahead *ahead, struct memory_run *runs, size_t count)
{
	pthread_mutex_lock(&ahead->mutex);
	ahead->runs = runs;
	ahead->count = count;
	ahead->next = ahead->next_offset = 0;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->mutex);
}

struct error *read_ahead_finish(struct read_ahead *ahead)
{
	pthread_mutex_lock(&ahead->mutex);
	read_slices(ahead);
	while (ahead->active)
		pthread_cond_wait(&ahead->changed, &ahead->mutex);
	ahead->count = 0;
	struct error *err = take_pointer(ahead->err);
	pthread_mutex_unlock(&ahead->mutex);
	return err;
}
