/*
 * Making snapshots, in the tracer thread: all threads are stopped, a child with a copy-on-write
 * image of the memory is made (snapshot_child.h), and the target is detached completely, until the
 * process itself is needed again. snapshot_reaper.c ends them.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/snapshots/memory_room.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/live/tracer_private.h"
#include "dbg/target/traps/traps_control.h"

/* ---- Is it still the same program? ---- */

/* While its memory can be read through this descriptor, the program has neither exited nor executed
 * another one. */
static void remember_program(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	close_fd(&snapshot->identity_fd);
	snapshot->identity_fd = proc_open_memory(tracees_any_stopped(&tracer->tracees), O_RDONLY);
	struct error *err = syscall_stub_find(
		tracees_any_stopped(&tracer->tracees), &snapshot->identity_address);
	if (err)
		close_fd(&snapshot->identity_fd);
	error_destroy(err);
}

static bool is_same_program(const struct tracer_snapshot *snapshot)
{
	return proc_memory_lives(snapshot->identity_fd, snapshot->identity_address);
}

/* The descriptor changes only during calls, while the user's thread waits. */
bool tracer_program_lives(const struct tracer *tracer)
{
	return is_same_program(&tracer->snapshot);
}

void tracer_end_guardian(struct tracer *tracer)
{
	guardian_destroy(take_pointer(tracer->snapshot.guardian));
	close_fd(&tracer->snapshot.identity_fd);
}

/* ---- Making a snapshot ---- */

struct error *tracer_prepare_snapshot(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	struct error *err = memory_room_check(tracer->tracees.pid);
	if (!err && snapshot->unreaped_count == MAX_UNREAPED)
		err = error_create(ERROR_OTHER,
			"%zu children of process %d that held earlier snapshots cannot be reaped "
			"yet: they are still exiting, or the process could not be made to reap "
			"them; try again later",
			snapshot->unreaped_count, (int)tracer->tracees.pid);
	if (err)
		return err;
	return snapshot->guardian ? NULL
				  : guardian_create(tracer->tracees.pid, &snapshot->guardian);
}

/* While the target is not traced, a trap would kill it. */
static struct error *remove_traps(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	struct error *err =
		traps_set(tracees, tracer->target, &tracer->original_bytes, NULL, 0, NULL);
	if (!err && traps_are_set(tracees))
		err = error_create(ERROR_OTHER,
			"process %d still executes displaced instructions of removed breakpoints; "
			"try again later",
			tracees->pid);
	return err;
}

/* Does not touch an older snapshot. */
static struct error *make_snapshot(struct tracer *tracer, struct snapshot_child *ret,
	struct thread **ret_threads, size_t *ret_count)
{
	struct tracees *tracees = &tracer->tracees;
	struct error *err = remove_traps(tracer);
	if (!err)
		err = tracees_registers(tracees, ret_threads, ret_count);
	if (!err)
		err = snapshot_child_create(tracees, guardian_log(tracer->snapshot.guardian), ret);
	if (err) {
		free(take_pointer(*ret_threads));
		tracer_discard(tracer, ret);
	}
	return err;
}

/* The child is unusable: stops the target again, to be inspected itself. */
static struct error *fall_back_to_stop(struct tracer *tracer, struct stop *ret)
{
	int64_t began = monotonic_now();
	struct error *notice = take_pointer(ret->notice);
	struct error *err = tracer_stop_instead(tracer);
	if (err) {
		error_destroy(notice);
		return err;
	}
	tracer_stopped(tracer, began, ret);
	ret->notice = notice;
	return NULL;
}

struct error *tracer_take_snapshot(struct tracer *tracer, int64_t began, struct stop *ret)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	struct snapshot_child child = {0};
	struct thread *threads = NULL;
	size_t count = 0;
	tracer_stopped(tracer, began, ret);
	ret->notice = make_snapshot(tracer, &child, &threads, &count);
	if (ret->notice)
		return NULL;
	tracer_set_watchdog(tracer, 0);
	if (snapshot->identity_fd < 0)
		remember_program(tracer);
	tracees_leave(&tracer->tracees);
	ret->snapshot = child.pid;
	ret->stall_ns = monotonic_now() - began;
	ret->notice = snapshot_child_settle(&tracer->tracees, &child);
	/* Drop the previous one now, while the target runs. */
	tracer_drop_snapshot(tracer);
	snapshot->untraced = true;
	snapshot->child = child;
	snapshot->threads = threads;
	snapshot->thread_count = count;
	tracer->tracees.snapshot_tid = child.pid;
	return ret->notice ? fall_back_to_stop(tracer, ret) : NULL;
}

/* Queues the end of a target that was not traced, so that no report came. */
static void queue_end(struct tracer *tracer)
{
	if (proc_is_alive(tracer->tracees.pid)) {
		tracer_set_gone(tracer, "it has executed another program");
		event_queue_add(&tracer->events, TARGET_EVENT_EXEC, 0);
	} else {
		tracer_set_gone(tracer, "it has exited");
		event_queue_add(&tracer->events, TARGET_EVENT_EXITED, -1);
	}
}

static struct error *stop_again(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	bool untraced = tracer->snapshot.untraced;
	struct error *err = NULL;
	if (!untraced || is_same_program(&tracer->snapshot))
		err = tracer_stop_patiently(tracer);
	if (untraced && !is_same_program(&tracer->snapshot)) {
		error_destroy(err);
		tracees_leave(tracees);
		queue_end(tracer);
		tracer_drop_snapshot(tracer);
		return tracer_not_there(tracer);
	}
	if (!err)
		tracer->snapshot.untraced = false;
	return err;
}

struct error *tracer_stop_again(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	struct error *err = stop_again(tracer);
	if (!err || tracees->execed || tracees->ended ||
		atomic_load(&tracer->target->state) == TARGET_GONE)
		return err;
	if (snapshot->untraced && snapshot->child.pid) {
		tracees_leave(tracees);
		return err;
	}
	snapshot->untraced = false;
	tracer_set_watchdog(tracer, 0);
	atomic_store(&tracer->target->state, TARGET_RUNNING);
	tracees_resume(tracees);
	return err;
}

struct error *tracer_stop_instead(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	struct error *err = tracer_stop_again(tracer);
	if (err || !snapshot->child.pid)
		return err;
	/* The kernel needs some time to tear down a large snapshot; the target need not be stopped
	 * for that. */
	tracees_resume(&tracer->tracees);
	tracer_discard_snapshot(tracer);
	tracer_await_unreaped(tracer);
	err = tracer_stop_again(tracer);
	if (!err)
		tracer_reap_snapshots(tracer);
	return err;
}

static bool is_stopped(const struct tracer *tracer)
{
	return atomic_load(&tracer->target->state) == TARGET_STOPPED && !tracer->snapshot.untraced;
}

static struct error *try_snapshot(struct tracer *tracer, struct stop *ret)
{
	struct error *notice = tracer_prepare_snapshot(tracer);
	int64_t began = monotonic_now();
	struct error *err = is_stopped(tracer) ? NULL : tracer_stop_again(tracer);
	if (err) {
		error_destroy(notice);
		return err;
	}
	if (!notice)
		return tracer_take_snapshot(tracer, began, ret);
	tracer_stopped(tracer, began, ret);
	ret->notice = notice;
	return NULL;
}

static struct error *do_snapshot(struct tracer *tracer, void *argument)
{
	struct stop *stop = argument;
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return tracer_not_there(tracer);
	bool ran = atomic_load(&tracer->target->state) == TARGET_RUNNING;
	struct error *err = try_snapshot(tracer, stop);
	if (!err && stop->notice && tracer->snapshot.child.pid) {
		/* Perhaps there is no room for two: drop the previous one and try again. */
		error_destroy(take_pointer(stop->notice));
		tracer_set_watchdog(tracer, 0);
		tracees_leave(&tracer->tracees);
		tracer->snapshot.untraced = true;
		tracer_drop_snapshot(tracer);
		err = try_snapshot(tracer, stop);
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
	struct error *err = tracer_stop_instead(tracer);
	if (!err) {
		tracer_stopped(tracer, began, argument);
		tracer_queue_traps(tracer); /* hits during the stop */
	}
	return err;
}

struct error *tracer_hold(struct tracer *tracer, struct stop *ret)
{
	return tracer_call(tracer, do_hold, ret, tracer->tracees.pid);
}
