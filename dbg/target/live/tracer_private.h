/* What a tracer is made of, shared by tracer.c (thread and calls) and tracer_calls.c (what the
 * calls do). */
#ifndef GCTXDBG_TARGET_LIVE_TRACER_PRIVATE_H
#define GCTXDBG_TARGET_LIVE_TRACER_PRIVATE_H

#include <pthread.h>
#include <signal.h>

#include "dbg/target/guardian/guardian.h"
#include "dbg/target/live/event_queue.h"
#include "dbg/target/snapshots/snapshot_child.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/live/tracer.h"
#include "dbg/target/traps/trap_bytes.h"

enum { MAX_UNREAPED = 4 };

typedef struct error *tracer_function(struct tracer *tracer, void *argument);

/* The snapshot that one looks at, see tracer_snapshot.c. While there is one the target runs and is
 * not traced. */
struct tracer_snapshot {
	struct guardian *guardian; /* NULL: none needed so far */
	bool untraced; /* the target runs and is not traced: one looks at a snapshot, unless that
			  was lost */
	struct snapshot_child child; /* pid 0: none */
	struct thread *threads;	     /* as they were */
	size_t thread_count;
	/* Former children that have been killed but not reaped yet. */
	struct snapshot_child unreaped[MAX_UNREAPED];
	size_t unreaped_count;
	int identity_fd; /* memory of the program that was attached: at its end when that has exited
			    or executed another; -1 */
	uint64_t identity_address; /* that can be read there */
};

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
	struct trap_bytes trap_bytes; /* has a lock of its own */
	struct stop last_stop;	      /* the latest one */
	struct error *notice;	      /* guarded by `lock`; see tracer_take_remark() */
	struct tracer_snapshot snapshot;
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

/* ERROR_GONE: why it is no longer attached. */
struct error *tracer_not_there(struct tracer *tracer);

struct stop_limits tracer_stop_limits(const struct tracer *tracer);

/* Before the target is stopped for a snapshot: what takes time or does not need a stop. */
struct error *tracer_prepare_snapshot(struct tracer *tracer);

/*
 * All threads are stopped since `began`: makes a snapshot and lets them run, or fills in why not
 * and leaves them stopped. An older snapshot is dropped. Publishes the state.
 */
struct error *tracer_take_snapshot(struct tracer *tracer, int64_t began, struct stop *ret);

/* ---- The end of snapshots (tracer_waste.c) ---- */

/* Kills it; it is waste from now on, and `child` is none. */
void tracer_discard(struct tracer *tracer, struct snapshot_child *child);
void tracer_discard_snapshot(struct tracer *tracer);

/* Until what was killed is dead; the target runs. */
void tracer_await_unreaped(struct tracer *tracer);

/* At least one thread is stopped: has it reap what is dead. What cannot be reaped stays, with a
 * remark. */
void tracer_reap_snapshots(struct tracer *tracer);

/* Drops the snapshot, if any, of a target that runs and is not traced; one thread is stopped for a
 * moment. What cannot be reaped then is kept in `waste`, with a remark. */
void tracer_drop_snapshot(struct tracer *tracer);

/*
 * Stops all threads. Untraced since a snapshot, the target may have exited or run another program
 * meanwhile: ERROR_GONE, with the event that goes with it. On another error one looks at the snapshot
 * as before, if there is one; else the target runs, traced.
 */
struct error *tracer_stop_again(struct tracer *tracer);

/* The same, and drops the snapshot, if any: its memory is taken down while the target runs. */
struct error *tracer_stop_instead(struct tracer *tracer);

/* Stops all threads within the limits for what the user has asked for. An error as tracees_stop(). */
struct error *tracer_stop_patiently(struct tracer *tracer);

/* Ends the guardian; the target has been left. */
void tracer_end_guardian(struct tracer *tracer);

/* Queues the event when the target has exited or executed another program. */
void tracer_notice_end(struct tracer *tracer);

/* Stops all threads when a trap's handler wants that. */
void tracer_stop_for_trap(struct tracer *tracer);

/* All threads stand: queues an event for each that has hit a trap whose handler wanted that; false:
 * there is none. */
bool tracer_tell_traps(struct tracer *tracer);

#endif
