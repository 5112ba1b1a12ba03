/* The calls from the user's thread: attach, continue, interrupt, detach, kill, registers. */
#include <errno.h>
#include <signal.h>

#include "dbg/target/process/attach_check.h"
#include "dbg/target/live/tracer_private.h"
#include "dbg/target/tracing/tracee_regs.h"
#include "dbg/target/tracing/tracee_table.h"
#include "dbg/target/traps/traps_control.h"

static const int64_t stop_progress_ns = INT64_C(5000000000);
static const int64_t snapshot_progress_ns = INT64_C(2000000000);
/* If one thread is in an uninterruptible wait (vfork, NFS), the others are not kept stopped for
 * long: they are stopped for blocked_ns and run for pause_ns, alternately. */
static const int64_t blocked_ns = INT64_C(50000000);
static const int64_t pause_ns = INT64_C(100000000);
static const int64_t stop_total_ns = INT64_C(30000000000);
static const int64_t kill_ns = INT64_C(5000000000);

struct stop_limits tracer_stop_limits(const struct tracer *tracer)
{
	struct stop_limits limits = {.progress_ns = stop_progress_ns,
		.total_ns = stop_total_ns,
		.cancel = tracer->options.cancel,
		.leave_fd = tracer->leave_fd,
		.blocked_ns = blocked_ns};
	if (tracer->target->pause == PAUSE_FORK)
		limits.progress_ns = snapshot_progress_ns;
	int64_t most = tracer->options.max_stop_ns;
	if (most > 0 && most < limits.total_ns)
		limits.total_ns = most;
	return limits;
}

static void run_for(struct tracer *tracer, int64_t duration_ns)
{
	struct tracees *tracees = &tracer->tracees;
	int64_t until = monotonic_now() + duration_ns;
	tracees_resume(tracees);
	while (monotonic_now() < until && !tracees->execed && !tracees->ended &&
		!tracer_asked_to_leave(tracer)) {
		if (!tracees_pump(tracees))
			tracees_wait(tracees, tracer->leave_fd, 10);
	}
}

struct error *tracer_stop_patiently(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	struct stop_limits limits = tracer_stop_limits(tracer);
	int64_t deadline = monotonic_now() + limits.progress_ns;
	struct error *err = tracees_stop(tracees, &limits);
	while (err && err->code == ERROR_OTHER && tracees->running && monotonic_now() < deadline) {
		error_destroy(err);
		run_for(tracer, pause_ns);
		err = tracees->execed || tracees->ended ? tracees_gone(tracees)
							: tracees_stop(tracees, &limits);
	}
	return err;
}

void tracer_stopped(struct tracer *tracer, int64_t began, struct stop *ret)
{
	*ret = (struct stop){
		.pid = tracer->tracees.pid,
		.tid = tracees_any_stopped(&tracer->tracees),
		.monotonic_ns = monotonic_now(),
		.realtime_ns = clock_now(CLOCK_REALTIME),
	};
	if (tracer->options.max_stop_ns > 0)
		tracer_set_watchdog(tracer, began + tracer->options.max_stop_ns);
	tracer->last_stop = *ret;
	atomic_store(&tracer->target->state, TARGET_STOPPED);
	/* Children that could not be reaped before. */
	if (tracer->snapshot.unreaped_count && !traps_are_set(&tracer->tracees))
		tracer_reap_snapshots(tracer);
}

void tracer_last_stop(struct tracer *tracer, struct stop *ret)
{
	*ret = tracer->last_stop;
}

struct attach_call {
	pid_t pid;
	struct stop *ret;
};

static struct error *do_attach(struct tracer *tracer, void *argument)
{
	struct attach_call *call = argument;
	struct tracees *tracees = &tracer->tracees;
	if (tracer->leave_signal)
		return error_create(ERROR_CANCELLED,
			"gctxdbg was terminated by a signal before it attached to process %d",
			call->pid);
	tracees->pid = call->pid;
	tracees->attaching = true;
	bool fork = tracer->options.pause == PAUSE_FORK;
	struct error *notice = fork ? tracer_prepare_snapshot(tracer) : NULL;
	int64_t began = monotonic_now();
	struct error *err = tracer_stop_patiently(tracer);
	tracees->attaching = false;
	/* It may have executed another program between the first check and the stop. */
	if (!err)
		err = attach_check_program(call->pid, tracees_any_stopped(tracees));
	if (err) {
		tracees_leave(tracees);
		tracer_end_guardian(tracer);
		error_destroy(notice);
		return err;
	}
	if (fork && !notice)
		return tracer_take_snapshot(tracer, began, call->ret);
	tracer_stopped(tracer, began, call->ret);
	call->ret->notice = notice;
	return NULL;
}

struct error *tracer_attach(struct tracer *tracer, pid_t pid, struct stop *ret)
{
	struct attach_call call = {pid, ret};
	return tracer_call(tracer, do_attach, &call, pid);
}

struct error *tracer_not_there(struct tracer *tracer)
{
	return error_create(ERROR_GONE, "process %d is no longer available: %s",
		tracer->tracees.pid, tracer->target->gone_reason);
}

static struct error *do_continue(struct tracer *tracer, void *argument)
{
	(void)argument;
	if (atomic_load(&tracer->target->state) != TARGET_STOPPED)
		return tracer_not_there(tracer);
	if (tracer->snapshot.untraced) {
		struct error *err = tracer_stop_instead(tracer);
		if (err)
			return err;
	}
	tracer_set_watchdog(tracer, 0);
	atomic_store(&tracer->target->state, TARGET_RUNNING);
	tracees_resume(&tracer->tracees);
	return NULL;
}

struct error *tracer_continue(struct tracer *tracer)
{
	return tracer_call(tracer, do_continue, NULL, 0);
}

static struct error *do_interrupt(struct tracer *tracer, void *argument)
{
	if (atomic_load(&tracer->target->state) == TARGET_STOPPED) { /* by a trap, just now */
		*(struct stop *)argument = tracer->last_stop;
		return NULL;
	}
	if (atomic_load(&tracer->target->state) != TARGET_RUNNING)
		return tracer_not_there(tracer);
	int64_t began = monotonic_now();
	struct error *err = tracer_stop_patiently(tracer);
	if (!err) {
		tracer_stopped(tracer, began, argument);
		if (!tracer_queue_traps(tracer))
			event_queue_add(&tracer->events, TARGET_EVENT_STOPPED, 0);
	} else if (!tracer->tracees.execed && !tracer->tracees.ended) {
		tracees_resume(&tracer->tracees);
	}
	return err;
}

struct error *tracer_interrupt(struct tracer *tracer, struct stop *ret)
{
	return tracer_call(tracer, do_interrupt, ret, tracer->tracees.pid);
}

static struct error *do_detach(struct tracer *tracer, void *argument)
{
	(void)argument;
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return tracer_not_there(tracer);
	tracer_set_gone(tracer, "it was detached");
	tracees_leave(&tracer->tracees);
	tracer_drop_snapshot(tracer);
	return NULL;
}

struct error *tracer_detach(struct tracer *tracer)
{
	return tracer_call(tracer, do_detach, NULL, 0);
}

/* The pid cannot have been reused: we have not collected its exit status. */
static struct error *do_kill(struct tracer *tracer, void *argument)
{
	(void)argument;
	struct tracees *tracees = &tracer->tracees;
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return tracer_not_there(tracer);
	if (tracer->snapshot.untraced) {
		/* Trace it again, so that its end is reported. */
		struct error *err = tracer_stop_instead(tracer);
		if (err)
			return err;
	}
	if (kill(tracees->pid, SIGKILL) != 0)
		return error_system(errno, "cannot kill process %d", tracees->pid);
	int64_t deadline = monotonic_now() + kill_ns;
	while (!tracees->ended && monotonic_now() < deadline && !tracer_asked_to_leave(tracer)) {
		if (!tracees_pump(tracees))
			tracees_wait(tracees, tracer->leave_fd, 20);
	}
	if (tracees->ended)
		return NULL;
	return error_create(ERROR_OTHER,
		"process %d was killed but has not exited yet: it is waiting in the kernel",
		tracees->pid);
}

struct error *tracer_kill(struct tracer *tracer)
{
	return tracer_call(tracer, do_kill, NULL, 0);
}

struct registers_call {
	struct thread **ret;
	size_t *ret_count;
};

static struct error *do_registers(struct tracer *tracer, void *argument)
{
	struct registers_call *call = argument;
	if (atomic_load(&tracer->target->state) != TARGET_STOPPED)
		return tracer_not_there(tracer);
	if (tracer->snapshot.untraced) {
		size_t count = tracer->snapshot.thread_count;
		*call->ret = malloc((count + 1) * sizeof(**call->ret));
		if (!*call->ret)
			return error_no_memory();
		if (count)
			memcpy(*call->ret, tracer->snapshot.threads, count * sizeof(**call->ret));
		*call->ret_count = count;
		return NULL;
	}
	return tracees_registers(&tracer->tracees, call->ret, call->ret_count);
}

struct error *tracer_registers(struct tracer *tracer, struct thread **ret, size_t *ret_count)
{
	struct registers_call call = {ret, ret_count};
	return tracer_call(tracer, do_registers, &call, 0);
}

struct vectors_call {
	pid_t tid;
	uint64_t *ret;
	bool known;
};

static struct error *do_vectors(struct tracer *tracer, void *argument)
{
	struct vectors_call *call = argument;
	const struct tracee *tracee = tracee_find(&tracer->tracees, call->tid);
	call->known = atomic_load(&tracer->target->state) == TARGET_STOPPED &&
		      !tracer->snapshot.untraced && tracee && tracee->state == TRACEE_STOPPED &&
		      tracee_get_vectors(call->tid, call->ret);
	return NULL;
}

bool tracer_vectors(struct tracer *tracer, pid_t tid, uint64_t ret[VECTOR_REGISTERS])
{
	struct vectors_call call = {.tid = tid, .ret = ret};
	error_destroy(tracer_call(tracer, do_vectors, &call, 0));
	return call.known;
}
