/*
 * Snapshots, in the tracer thread: all threads are stopped, a child with a copy-on-write image of
 * the memory is made (snapshot_child.h), and the target is let go altogether, until something is
 * wanted of it again.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "dbg/target/fd.h"
#include "dbg/target/memory_room.h"
#include "dbg/target/proc_files.h"
#include "dbg/target/tracer_private.h"
#include "dbg/target/traps_private.h"

static const int64_t short_stop_ns = INT64_C(500000000);

static void free_threads(struct tracer_snapshot *snapshot)
{
	free(take_pointer(snapshot->threads));
	snapshot->thread_count = 0;
}

/* ---- Is it still the same program? ---- */

/* While its memory can be read through this descriptor the program has neither exited nor executed
 * another one. */
static void remember_program(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	close_fd(&snapshot->identity_fd);
	snapshot->identity_fd = proc_open_memory(tracees_any_stopped(&tracer->tracees), O_RDONLY);
	struct error *err =
		gadget_find(tracees_any_stopped(&tracer->tracees), &snapshot->identity_address);
	if (err)
		close_fd(&snapshot->identity_fd);
	error_destroy(err);
}

static bool is_same_program(const struct tracer_snapshot *snapshot)
{
	return proc_memory_lives(snapshot->identity_fd, snapshot->identity_address);
}

/* The descriptor changes in calls only, for which the user's thread waits. */
bool tracer_program_lives(const struct tracer *tracer)
{
	return is_same_program(&tracer->snapshot);
}

/* ---- Ending one ---- */

void tracer_drop_snapshot(struct tracer *tracer, bool stopped)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	if (!snapshot->child.pid)
		return;
	kill(snapshot->child.pid, SIGKILL);
	struct error *err = NULL;
	if (!stopped)
		err = tracees_stop_one(&tracer->tracees);
	/* Should it not work the guardian does it when we are gone; without any thread of the
	 * target init does. */
	if (!err)
		err = snapshot_child_end(&tracer->tracees, snapshot->guardian, &snapshot->child);
	if (err && err->code == ERROR_OTHER && !stopped) {
		/* A filter of that thread's own, perhaps: any other one will do. */
		struct stop_limits limits = {short_stop_ns, short_stop_ns, NULL};
		error_destroy(err);
		err = tracees_stop(&tracer->tracees, &limits);
		if (!err)
			err = snapshot_child_end(
				&tracer->tracees, snapshot->guardian, &snapshot->child);
	}
	if (!stopped)
		tracees_leave(&tracer->tracees);
	error_destroy(err);
	tracer->tracees.foster = 0;
	snapshot->child = (struct snapshot_child){0};
	free_threads(snapshot);
}

void tracer_end_guardian(struct tracer *tracer)
{
	guardian_destroy(take_pointer(tracer->snapshot.guardian));
	close_fd(&tracer->snapshot.identity_fd);
}

/* ---- Making one ---- */

struct error *tracer_prepare_snapshot(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	/* Taking a big one down takes a while, so all threads need not stand for it. */
	if (snapshot->child.pid && is_same_program(snapshot))
		tracer_drop_snapshot(tracer, false);
	struct error *err = memory_room_check(tracer->tracees.pid);
	if (err)
		return err;
	return snapshot->guardian ? NULL
				  : guardian_create(tracer->tracees.pid, &snapshot->guardian);
}

/* Nobody takes their signals while the target is not traced. */
static struct error *take_traps_out(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	struct error *err = traps_set(tracees, tracer->target, NULL, 0, NULL);
	if (!err && tracees->traps)
		err = error_create(ERROR_OTHER,
			"process %d still executes in the memory of breakpoints that were taken "
			"out",
			tracees->pid);
	return err;
}

static struct error *make(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	struct tracees *tracees = &tracer->tracees;
	tracer_drop_snapshot(tracer, true);
	struct error *err = take_traps_out(tracer);
	if (err)
		return err;
	err = tracees_registers(tracees, &snapshot->threads, &snapshot->thread_count);
	if (!err)
		err = snapshot_child_create(tracees, snapshot->guardian, &snapshot->child);
	if (err)
		free_threads(snapshot);
	return err;
}

/* A child that is of no use: the target stands still instead, once more. */
static struct error *stand_instead(struct tracer *tracer, struct stop *ret)
{
	int64_t began = monotonic_now();
	struct error *problem = ret->problem;
	struct error *err = tracer_stop_again(tracer);
	if (err) {
		error_destroy(problem);
		return err;
	}
	tracer_drop_snapshot(tracer, true);
	tracer_stopped(tracer, began, ret);
	ret->problem = problem;
	return NULL;
}

struct error *tracer_take_snapshot(struct tracer *tracer, int64_t began, struct stop *ret)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	tracer_stopped(tracer, began, ret);
	ret->problem = make(tracer);
	if (ret->problem)
		return NULL;
	tracer_set_watchdog(tracer, 0);
	if (snapshot->identity_fd < 0)
		remember_program(tracer);
	tracees_leave(&tracer->tracees);
	snapshot->untraced = true;
	ret->snapshot = snapshot->child.pid;
	ret->stall_ns = monotonic_now() - began;
	ret->problem = snapshot_child_settle(&tracer->tracees, &snapshot->child);
	return ret->problem ? stand_instead(tracer, ret) : NULL;
}

/* Nobody has told us: while it was not traced. */
static void tell_gone(struct tracer *tracer)
{
	if (proc_is_alive(tracer->tracees.pid)) {
		tracer_set_gone(tracer, "it runs another program now (exec)");
		event_queue_add(&tracer->events, TARGET_EVENT_EXEC, 0);
	} else {
		tracer_set_gone(tracer, "it has exited");
		event_queue_add(&tracer->events, TARGET_EVENT_EXITED, -1);
	}
}

struct error *tracer_stop_again(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	struct stop_limits limits = tracer_stop_limits(tracer);
	bool untraced = tracer->snapshot.untraced;
	struct error *err = NULL;
	if (!untraced || is_same_program(&tracer->snapshot))
		err = tracees_stop(tracees, &limits);
	if (untraced && !is_same_program(&tracer->snapshot)) {
		error_destroy(err);
		tracees_leave(tracees);
		tell_gone(tracer);
		tracer_drop_snapshot(tracer, false);
		return tracer_not_there(tracer);
	}
	if (!err)
		tracer->snapshot.untraced = false;
	else if (untraced)
		tracees_leave(tracees);
	else if (!tracees->execed && !tracees->ended)
		tracees_resume(tracees);
	return err;
}

static struct error *do_snapshot(struct tracer *tracer, void *argument)
{
	struct stop *stop = argument;
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return tracer_not_there(tracer);
	struct error *problem = tracer_prepare_snapshot(tracer);
	int64_t began = monotonic_now();
	bool ran = atomic_load(&tracer->target->state) == TARGET_RUNNING;
	bool stands =
		atomic_load(&tracer->target->state) == TARGET_STOPPED && !tracer->snapshot.untraced;
	struct error *err = stands ? NULL : tracer_stop_again(tracer);
	if (err) {
		error_destroy(problem);
		return err;
	}
	if (problem) {
		tracer_drop_snapshot(tracer, true);
		tracer_stopped(tracer, began, stop);
		stop->problem = problem;
	} else {
		err = tracer_take_snapshot(tracer, began, stop);
	}
	if (!err && ran)
		event_queue_add(&tracer->events,
			stop->snapshot ? TARGET_EVENT_SNAPSHOT : TARGET_EVENT_STOPPED, 0);
	return err;
}

struct error *tracer_snapshot(struct tracer *tracer, struct stop *ret)
{
	return tracer_call(tracer, do_snapshot, ret, tracer->tracees.pid);
}

static struct error *do_hold(struct tracer *tracer, void *argument)
{
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return tracer_not_there(tracer);
	int64_t began = monotonic_now();
	struct error *err = tracer_stop_again(tracer);
	if (err)
		return err;
	tracer_drop_snapshot(tracer, true);
	tracer_stopped(tracer, began, argument);
	return NULL;
}

struct error *tracer_hold(struct tracer *tracer, struct stop *ret)
{
	return tracer_call(tracer, do_hold, ret, tracer->tracees.pid);
}
