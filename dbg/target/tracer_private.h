/* What a tracer is made of, shared by tracer.c (thread and calls) and tracer_calls.c (what the
 * calls do). */
#ifndef GCTXDBG_TARGET_TRACER_PRIVATE_H
#define GCTXDBG_TARGET_TRACER_PRIVATE_H

#include <pthread.h>
#include <signal.h>

#include "dbg/target/event_queue.h"
#include "dbg/target/tracee.h"
#include "dbg/target/tracer.h"

typedef struct error *tracer_function(struct tracer *tracer, void *argument);

struct tracer {
	struct target *target;
	struct live_options options;
	struct event_queue events;
	pthread_t thread;
	bool thread_started, mask_changed;
	sigset_t old_mask;
	struct sigaction old_child_action;

	/* One call at a time from the user's thread; `lock` guards these. */
	pthread_mutex_t lock;
	pthread_cond_t done;
	tracer_function *function; /* NULL: no call under way */
	void *argument;
	struct error *result;

	/* Of the tracer thread alone. */
	int call_fd;	 /* eventfd: a call has come */
	int child_fd;	 /* signalfd: SIGCHLD */
	int leave_fd;	 /* signalfd: SIGTERM, SIGHUP */
	int watchdog_fd; /* timerfd */
	struct tracees tracees;
	struct stop last_stop; /* the latest one */
	int leave_signal; /* the SIGTERM or SIGHUP that made us leave; 0: none yet */
	bool quit;
};

/* Runs `function` in the tracer thread and returns its result. `pid`: see release_exec(); 0: none.
 */
struct error *tracer_call(
	struct tracer *tracer, tracer_function *function, void *argument, pid_t pid);

/* Tells the target's user that it is gone; must come before the first thread is let go, so that no
 * torn memory passes for true. */
void tracer_set_gone(struct tracer *tracer, const char *reason);

/* All threads stand: fills `ret`, publishes the state, sets the watchdog. `began`: when the first
 * one may have stopped. */
void tracer_stopped(struct tracer *tracer, int64_t began, struct stop *ret);

/* Sets the watchdog to `at_ns` (CLOCK_MONOTONIC); 0: off. */
void tracer_set_watchdog(struct tracer *tracer, int64_t at_ns);

/* Queues the event when the target has exited or executed another program. */
void tracer_notice_end(struct tracer *tracer);

/* ERROR_GONE unless it stands. */
struct error *tracer_check_stopped(struct tracer *tracer);

struct stop_limits tracer_stop_limits(const struct tracer *tracer);

/* Stops all threads when a trap's handler wants that. */
void tracer_stop_for_trap(struct tracer *tracer);

/* All threads stand: queues an event for each that has hit a trap whose handler wanted that; false: there is none. */
bool tracer_tell_traps(struct tracer *tracer);

#endif
