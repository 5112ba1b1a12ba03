/* What the tracer thread does for the user's thread: attach, continue, interrupt, detach, kill,
 * registers. */
#include <errno.h>
#include <signal.h>

#include "dbg/target/attach_check.h"
#include "dbg/target/tracer_private.h"

static const int64_t stop_progress_ns = INT64_C(5000000000);
/* Who asks for a snapshot does not want it to stand for long because of one thread in an
 * uninterruptible wait (vfork, NFS). */
static const int64_t snapshot_progress_ns = INT64_C(2000000000);
static const int64_t stop_total_ns = INT64_C(30000000000);
static const int64_t kill_ns = INT64_C(5000000000);

struct stop_limits tracer_stop_limits(const struct tracer *tracer)
{
	struct stop_limits limits = {stop_progress_ns, stop_total_ns, tracer->options.cancel};
	if (tracer->options.pause == PAUSE_FORK)
		limits.progress_ns = snapshot_progress_ns;
	int64_t most = tracer->options.max_stop_ns;
	if (most > 0 && most < limits.total_ns)
		limits.total_ns = most;
	return limits;
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
			"a signal asked to leave before process %d was attached", call->pid);
	tracees->pid = call->pid;
	tracees->attaching = true;
	bool fork = tracer->options.pause == PAUSE_FORK;
	struct error *problem = fork ? tracer_prepare_snapshot(tracer) : NULL;
	int64_t began = monotonic_now();
	struct stop_limits limits = tracer_stop_limits(tracer);
	struct error *err = tracees_stop(tracees, &limits);
	tracees->attaching = false;
	/* It may have executed something else between the first check and the stop. */
	if (!err)
		err = attach_check_program(call->pid, tracees_any_stopped(tracees));
	if (err) {
		tracees_leave(tracees);
		tracer_end_guardian(tracer);
		error_destroy(problem);
		return err;
	}
	if (fork && !problem)
		return tracer_take_snapshot(tracer, began, call->ret);
	tracer_stopped(tracer, began, call->ret);
	call->ret->problem = problem;
	return NULL;
}

struct error *tracer_attach(struct tracer *tracer, pid_t pid, struct stop *ret)
{
	struct attach_call call = {pid, ret};
	return tracer_call(tracer, do_attach, &call, pid);
}

struct error *tracer_not_there(struct tracer *tracer)
{
	return error_create(ERROR_GONE, "process %d is no longer attached: %s", tracer->tracees.pid,
		tracer->target->gone_reason);
}

static struct error *do_continue(struct tracer *tracer, void *argument)
{
	(void)argument;
	if (atomic_load(&tracer->target->state) != TARGET_STOPPED)
		return tracer_not_there(tracer);
	if (tracer->snapshot.untraced) {
		struct error *err = tracer_stop_again(tracer);
		if (err)
			return err;
		tracer_drop_snapshot(tracer, true);
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
	struct stop_limits limits = tracer_stop_limits(tracer);
	struct error *err = tracees_stop(&tracer->tracees, &limits);
	if (!err) {
		tracer_stopped(tracer, began, argument);
		if (!tracer_tell_traps(tracer))
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
	tracer_drop_snapshot(tracer, false);
	return NULL;
}

struct error *tracer_detach(struct tracer *tracer)
{
	return tracer_call(tracer, do_detach, NULL, 0);
}

/* The pid cannot belong to somebody else meanwhile: we have not collected its exit. */
static struct error *do_kill(struct tracer *tracer, void *argument)
{
	(void)argument;
	struct tracees *tracees = &tracer->tracees;
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return tracer_not_there(tracer);
	if (tracer->snapshot.untraced) {
		/* We trace it again, so that its end is reported. */
		struct error *err = tracer_stop_again(tracer);
		if (err)
			return err;
		tracer_drop_snapshot(tracer, true);
	}
	if (kill(tracees->pid, SIGKILL) != 0)
		return error_system(errno, "cannot kill process %d", tracees->pid);
	int64_t deadline = monotonic_now() + kill_ns;
	while (!tracees->ended && monotonic_now() < deadline) {
		if (!tracees_pump(tracees))
			tracees_wait(tracees, -1, 20);
	}
	if (tracees->ended)
		return NULL;
	return error_create(ERROR_OTHER,
		"process %d was killed but is not dead yet; the kernel still holds it in some wait",
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
