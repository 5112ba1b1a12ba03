/*
 * Ending snapshots, in the tracer thread: the child is killed and dies while the target runs, and a
 * thread of the target, which is stopped for a moment, reaps it. A child that cannot be reaped is
 * kept for the next opportunity, and stays in the undo log, so that the guardian reaps it should
 * the debugger die.
 */
#include "dbg/target/live/tracer_private.h"

/* The time that the kernel may need to tear down a large child on a busy machine. */
static const int64_t death_ns = INT64_C(10000000000);
static const int64_t death_check_ns = INT64_C(50000000);
static const int64_t short_stop_ns = INT64_C(500000000);

static void set_notice(struct tracer *tracer, struct error *err)
{
	pthread_mutex_lock(&tracer->lock);
	error_destroy(tracer->notice);
	tracer->notice = err;
	pthread_mutex_unlock(&tracer->lock);
}

struct error *tracer_take_notice(struct tracer *tracer)
{
	pthread_mutex_lock(&tracer->lock);
	struct error *err = take_pointer(tracer->notice);
	pthread_mutex_unlock(&tracer->lock);
	return err;
}

void tracer_discard(struct tracer *tracer, struct snapshot_child *child)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	if (!child->pid)
		return;
	snapshot_child_kill(child);
	if (tracer->tracees.snapshot_tid == child->pid)
		tracer->tracees.snapshot_tid = 0;
	/* tracer_prepare_snapshot() ensures that there is room. */
	if (snapshot->unreaped_count < MAX_UNREAPED)
		snapshot->unreaped[snapshot->unreaped_count++] = *child;
	*child = (struct snapshot_child){0};
}

void tracer_discard_snapshot(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	tracer_discard(tracer, &snapshot->child);
	free(take_pointer(snapshot->threads));
	snapshot->thread_count = 0;
}

void tracer_await_unreaped(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	int64_t deadline = monotonic_now() + death_ns;
	for (size_t i = 0; i < snapshot->unreaped_count; i++) {
		while (!snapshot_child_await(
			       &tracer->tracees, &snapshot->unreaped[i], death_check_ns) &&
			monotonic_now() < deadline && !tracer_asked_to_leave(tracer))
			;
	}
}

/* Reaps the children that are dead. The result is the last error. */
static struct error *reap_all(struct tracer *tracer)
{
	struct tracer_snapshot *snapshot = &tracer->snapshot;
	struct error *last = NULL;
	size_t left = 0;
	for (size_t i = 0; i < snapshot->unreaped_count; i++) {
		struct snapshot_child child = snapshot->unreaped[i];
		struct error *err = snapshot_child_reap(
			&tracer->tracees, guardian_log(snapshot->guardian), &child);
		if (!err)
			continue;
		snapshot->unreaped[left++] = child;
		error_destroy(last);
		last = err;
	}
	snapshot->unreaped_count = left;
	return last;
}

static void notice_unreaped(struct tracer *tracer, struct error *err)
{
	const struct tracer_snapshot *snapshot = &tracer->snapshot;
	if (!err || !snapshot->unreaped_count || err->code == ERROR_GONE) {
		error_destroy(err);
		return;
	}
	set_notice(tracer, error_create(ERROR_OTHER,
				   "process %d has a zombie child, %d, from an earlier snapshot, "
				   "to be reaped later: %s",
				   tracer->tracees.pid, snapshot->unreaped[0].pid, err->message));
	error_destroy(err);
}

void tracer_reap_snapshots(struct tracer *tracer)
{
	notice_unreaped(tracer, reap_all(tracer));
}

void tracer_drop_snapshot(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	tracer_discard_snapshot(tracer);
	if (!tracer->snapshot.unreaped_count)
		return;
	tracer_await_unreaped(tracer);
	struct error *err = tracees_stop_one(tracees);
	if (!err)
		err = reap_all(tracer);
	if (err && err->code == ERROR_OTHER) {
		/* That thread may have a seccomp filter of its own: any other thread will do. */
		struct stop_limits limits = {.progress_ns = short_stop_ns,
			.total_ns = short_stop_ns,
			.blocked_ns = short_stop_ns / 10};
		error_destroy(err);
		err = tracees_stop(tracees, &limits);
		if (!err)
			err = reap_all(tracer);
	}
	tracees_leave(tracees);
	notice_unreaped(tracer, err);
}
