/* Traps in the tracer thread: setting them for the user's thread, and stopping all threads when a
 * handler asks for it. */
#include "dbg/target/live/tracer_private.h"
#include "dbg/target/tracing/tracee_table.h"
#include "dbg/target/traps/traps_control.h"

struct traps_call {
	const uint64_t *addresses;
	size_t count;
	const struct trap_handler *handler;
};

static struct error *do_set_traps(struct tracer *tracer, void *argument)
{
	struct traps_call *call = argument;
	if (atomic_load(&tracer->target->state) != TARGET_STOPPED)
		return tracer_not_there(tracer);
	return traps_set(&tracer->tracees, tracer->target, &tracer->original_bytes, call->addresses,
		call->count, call->handler);
}

struct error *tracer_set_traps(struct tracer *tracer, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler)
{
	struct traps_call call = {addresses, count, handler};
	return tracer_call(tracer, do_set_traps, &call, 0);
}

static struct error *do_stop_at(struct tracer *tracer, void *argument)
{
	tracer->tracees.own_trap = *(const uint64_t *)argument;
	return NULL;
}

void tracer_stop_at(struct tracer *tracer, uint64_t address)
{
	error_destroy(tracer_call(tracer, do_stop_at, &address, 0));
}

void tracer_hide_traps(struct tracer *tracer, struct memory_run *runs, size_t count)
{
	original_bytes_hide(&tracer->original_bytes, runs, count);
}

bool tracer_queue_traps(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	bool any = false;
	if (!tracees->stop_wanted)
		return false;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->at_own_trap) {
			event_queue_add(&tracer->events, TARGET_EVENT_BREAKPOINT, tracee->tid);
			any = true;
		}
		tracee->at_own_trap = false;
		if (!tracee->trap.wants_stop)
			continue;
		tracee->trap.wants_stop = false;
		event_queue_add(&tracer->events, TARGET_EVENT_TRAP, tracee->tid);
		any = true;
	}
	if (!any) /* the thread has exited since */
		event_queue_add(&tracer->events, TARGET_EVENT_TRAP, tracees->stop_wanted);
	tracees->stop_wanted = 0;
	return true;
}

void tracer_stop_for_trap(struct tracer *tracer)
{
	struct tracees *tracees = &tracer->tracees;
	if (!tracees->stop_wanted || atomic_load(&tracer->target->state) != TARGET_RUNNING)
		return;
	int64_t began = monotonic_now();
	struct stop_limits limits = tracer_stop_limits(tracer);
	limits.cancel = NULL;
	/* Never resume meanwhile: the thread would run past the location that is to be shown. */
	limits.blocked_ns = 0;
	struct error *err = tracees_stop(tracees, &limits);
	if (!err) {
		tracer_stopped(tracer, began, &tracer->last_stop);
		tracer_queue_traps(tracer);
	} else if (!tracees->execed && !tracees->ended) {
		/* A thread hangs in the kernel for seconds. The loop tries again soon, but the
		 * thread that hit the trap has moved on by then. */
		tracees_resume(tracees);
	}
	error_destroy(err);
}
