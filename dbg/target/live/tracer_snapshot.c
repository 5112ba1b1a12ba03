/*
 * Snapshots, in the tracer thread: all threads are stopped, a child with a copy-on-write image of
 * the memory is made (snapshot_child.h), and the target is let go altogether, until something is
 * wanted of it again. Their end is in tracer_waste.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/snapshots/memory_room.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/live/tracer_private.h"
#include "dbg/target/traps/traps_private.h"

/* ---- Is it still the same program? ---- */

/* While its memory can be read through this descriptor the program has neither exited nor executed
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

/* The descriptor changes in calls only, for which the user's thread waits. */
bool tracer_program_lives(const struct tracer *tracer)
{
	return is_same_program(&tracer->snapshot);
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
	struct error *err = memory_room_check(tracer->tracees.pid);
	if (!err && snapshot->unreaped_count == MAX_UNREAPED)
		err = error_create(ERROR_OTHER,
			"%zu former ones could not be reaped yet, see the warnings before",
			snapshot->unreaped_count);
	if (err)
		return err;
	return snapshot->guardian ? NULL
				  : guardian_create(tracer->tracees.pid, &snapshot->guardian);
}

/* Nobody takes their signals while the target is not traced. */
static struct error *take_traps_out(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	struct error *err = traps_set(tracees, tracer->target, &tracer->trap_bytes, NULL, 0, NULL);
	if (!err && tracees->traps)
		err = error_create(ERROR_OTHER,
			"process %d still executes in the memory of breakpoints that were taken "
			"out",
			tracees->pid);
	return err;
}

/* The one before stays. */
static struct error *make(struct tracer *tracer, struct snapshot_child *ret,
	struct thread **ret_threads, size_t *ret_count)
{
	struct tracees *tracees = &tracer->tracees;
	struct error *err = take_traps_out(tracer);
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

/* A child that is of no use: the target stands still instead, once more. */
static struct error *stand_instead(struct tracer *tracer, struct stop *ret)
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
	ret->notice = make(tracer, &child, &threads, &count);
	if (ret->notice)
		return NULL;
	tracer_set_watchdog(tracer, 0);
	if (snapshot->identity_fd < 0)
		remember_program(tracer);
	tracees_leave(&tracer->tracees);
	ret->snapshot = child.pid;
	ret->stall_ns = monotonic_now() - began;
	ret->notice = snapshot_child_settle(&tracer->tracees, &child);
	/* The former one goes now, while the target runs. */
	tracer_drop_snapshot(tracer);
	snapshot->untraced = true;
	snapshot->child = child;
	snapshot->threads = threads;
	snapshot->thread_count = count;
	tracer->tracees.snapshot_tid = child.pid;
	return ret->notice ? stand_instead(tracer, ret) : NULL;
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
		tell_gone(tracer);
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
	/* Taking a big one down takes the kernel a while, for which nobody has to stand. */
	tracees_resume(&tracer->tracees);
	tracer_discard_snapshot(tracer);
	tracer_await_unreaped(tracer);
	err = tracer_stop_again(tracer);
	if (!err)
		tracer_reap_snapshots(tracer);
	return err;
}

static bool stands(const struct tracer *tracer)
{
	return atomic_load(&tracer->target->state) == TARGET_STOPPED && !tracer->snapshot.untraced;
}

static struct error *try_snapshot(struct tracer *tracer, struct stop *ret)
{
	struct error *notice = tracer_prepare_snapshot(tracer);
	int64_t began = monotonic_now();
	struct error *err = stands(tracer) ? NULL : tracer_stop_again(tracer);
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
		/* Is there no room beside the former one? */
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
	if (!err)
		tracer_stopped(tracer, began, argument);
	return err;
}

struct error *tracer_hold(struct tracer *tracer, struct stop *ret)
{
	return tracer_call(tracer, do_hold, ret, tracer->tracees.pid);
}
