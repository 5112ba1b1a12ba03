/*
 * The tracer's structure and internal functions, shared by tracer.c (the thread and its calls),
 * tracer_calls.c, tracer_exec.c, tracer_traps.c and tracer_snapshot.c (what the calls do), and
 * snapshot_reaper.c.
 */
#ifndef GCTXDBG_TARGET_LIVE_TRACER_PRIVATE_H
#define GCTXDBG_TARGET_LIVE_TRACER_PRIVATE_H

#include <pthread.h>
#include <signal.h>

#include "dbg/target/guardian/guardian.h"
#include "dbg/target/live/event_queue.h"
#include "dbg/target/snapshots/snapshot_child.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/live/tracer.h"
#include "dbg/target/traps/original_bytes.h"

enum { MAX_UNREAPED = 4 };

typedef struct error *tracer_function(struct tracer *tracer, void *argument);

/*
 * The current snapshot, see tracer_snapshot.c. While it exists the target runs and is not traced.
 */
struct tracer_snapshot {
	struct guardian *guardian; /* NULL: none needed so far */
	bool untraced; /* the target runs untraced: there is a snapshot, unless it was lost */
	struct snapshot_child child; /* pid 0: none */
	struct thread *threads;	     /* when it was made */
	size_t thread_count;
	/* Earlier children that have been killed but not reaped yet. */
	struct snapshot_child unreaped[MAX_UNREAPED];
	size_t unreaped_count;
	/* /proc/TID/mem of the program that was attached, or -1: reading at `identity_address`
	 * fails once it has exited or executed another program. */
	int identity_fd;
	uint64_t identity_address;
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
	tracer_function *function; /* NULL: no call in progress */
	void *argument;
	struct error *result;

	/* Used by the tracer thread only. */
	int call_fd;	 /* eventfd: a call is waiting */
	int child_fd;	 /* signalfd: SIGCHLD */
	int leave_fd;	 /* signalfd: SIGTERM, SIGHUP */
	int watchdog_fd; /* timerfd */
	struct tracees tracees;
	struct original_bytes original_bytes; /* has its own lock */
	struct stop last_stop;		      /* the latest one */
	struct error *notice;		      /* guarded by `lock`; see tracer_take_notice() */
	struct tracer_snapshot snapshot;
	int leave_signal; /* the SIGTERM or SIGHUP that made us detach; 0: none yet */
	bool quit;
};

/*
 * Runs `function` in the tracer thread and returns its result. `pid`: see release_exec(); 0: none.
 */
struct error *tracer_call(
	struct tracer *tracer, tracer_function *function, void *argument, pid_t pid);

/* Sets the target's state to GONE. Must precede the release of the first thread, so that torn
 * memory is not taken for consistent. */
void tracer_set_gone(struct tracer *tracer, const char *reason);

/* All threads are stopped: fills in `ret`, publishes the state, sets the watchdog. `began`: when
 * the first one may have stopped. */
void tracer_stopped(struct tracer *tracer, int64_t began, struct stop *ret);

/*
 * Whether SIGTERM or SIGHUP is pending. A call that may take longer than a moment ends early then,
 * so that the tracer thread's loop can release the target.
 */
bool tracer_asked_to_leave(const struct tracer *tracer);

/* Sets the watchdog to `at_ns` (CLOCK_MONOTONIC); 0: off. */
void tracer_set_watchdog(struct tracer *tracer, int64_t at_ns);

/* The ERROR_GONE that says why the target is no longer attached. */
struct error *tracer_not_there(struct tracer *tracer);

struct stop_limits tracer_stop_limits(const struct tracer *tracer);

/* The part of making a snapshot that is done before the target is stopped. An error: a snapshot is
 * impossible. */
struct error *tracer_prepare_snapshot(struct tracer *tracer);

/*
 * All threads are stopped since `began`: makes a snapshot and resumes them, or fills in the reason
 * and leaves them stopped. An older snapshot is dropped. Publishes the state.
 */
struct error *tracer_take_snapshot(struct tracer *tracer, int64_t began, struct stop *ret);

/* ---- Ending snapshots (snapshot_reaper.c) ---- */

/* Kills the child, adds it to `unreaped` and clears `*child`. */
void tracer_discard(struct tracer *tracer, struct snapshot_child *child);
void tracer_discard_snapshot(struct tracer *tracer);

/* Waits until the killed children are dead; the target runs. */
void tracer_await_unreaped(struct tracer *tracer);

/* At least one thread is stopped: has it reap the dead children. Those that cannot be reaped are
 * kept, with a notice. */
void tracer_reap_snapshots(struct tracer *tracer);

/* Drops the snapshot, if any, of a target that runs untraced; one thread is stopped for a moment. A
 * child that cannot be reaped is kept in `unreaped`, with a notice. */
void tracer_drop_snapshot(struct tracer *tracer);

/*
 * Stops all threads. If the target, untraced since a snapshot, has exited or executed another
 * program meanwhile: ERROR_GONE, and the corresponding event is queued. After any other error an
 * existing snapshot is still there; otherwise the target is running, traced.
 */
struct error *tracer_stop_again(struct tracer *tracer);

/* The same, and drops the snapshot, if any: the kernel frees its memory while the target runs. */
struct error *tracer_stop_instead(struct tracer *tracer);

/* Stops all threads, with several attempts if one of them cannot be stopped at first. Errors as
 * tracees_stop(). */
struct error *tracer_stop_patiently(struct tracer *tracer);

/* Ends the guardian; the target has been detached. */
void tracer_end_guardian(struct tracer *tracer);

/* Queues the event if the target has exited or executed another program. */
void tracer_notice_end(struct tracer *tracer);

/* Stops all threads if a trap's handler has asked for it. */
void tracer_stop_for_trap(struct tracer *tracer);

/* All threads are stopped: queues an event for each one whose trap handler has asked for a stop;
 * false: none has. */
bool tracer_queue_traps(struct tracer *tracer);

#endif
