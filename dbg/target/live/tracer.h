/*
 * The tracer thread. It makes all ptrace calls for one live target: the kernel accepts them from
 * one thread only, and the target must be released in time, whatever the user's thread is doing.
 *
 * It serves calls from the user's thread, handles the tracees' stops, detaches the target if it has
 * been stopped for too long (watchdog), and immediately on SIGTERM or SIGHUP.
 *
 * Signals: tracer_create() blocks SIGCHLD, SIGTERM and SIGHUP in the calling thread (the tracer
 * thread receives them through signalfds) and resets SIGCHLD to its default action;
 * tracer_destroy(), called by the same thread, restores both. Threads created meanwhile inherit the
 * mask; child processes need it reset (posix_spawnattr_setsigmask). One tracer at a time per
 * process.
 */
#ifndef GCTXDBG_TARGET_LIVE_TRACER_H
#define GCTXDBG_TARGET_LIVE_TRACER_H

#include "dbg/target/target.h"

struct tracer;

/* The result of stopping the target or of making a snapshot. */
struct stop {
	pid_t pid;
	pid_t tid; /* a living thread: its files in /proc work even if the main thread has exited */
	int64_t monotonic_ns, realtime_ns;
	/* If a snapshot was requested: the process that holds it, while the target runs; or 0 and
	 * the reason, which belongs to the caller, while the target itself is stopped. */
	pid_t snapshot;
	int64_t stall_ns; /* for how long the target was stopped to make the snapshot */
	struct error *notice;
};

/* Keeps the state and gone_reason of `target` up to date, which must outlive the tracer. */
struct error *tracer_create(
	struct target *target, const struct live_options *options, struct tracer **ret);

/* Detaches the process, which keeps running, and frees everything. */
void tracer_destroy(struct tracer *tracer);

/* Seizes process `pid` and stops it or makes a snapshot, according to the options. After an error
 * it is detached. Once per tracer. */
struct error *tracer_attach(struct tracer *tracer, pid_t pid, struct stop *ret);

/* Starts a program instead, see live_exec(). */
struct error *tracer_exec(struct tracer *tracer, char *const argv[], struct stop *ret);

struct error *tracer_continue(struct tracer *tracer);
struct error *tracer_interrupt(struct tracer *tracer, struct stop *ret);
/* In any state but GONE: makes a snapshot, which replaces an older one; `ret` says whether that was
 * possible. After an error an older snapshot, if any, is still there; otherwise the target is
 * running. */
struct error *tracer_snapshot(struct tracer *tracer, struct stop *ret);
/* Drops the snapshot, if any, and stops the target itself. Errors as tracer_snapshot(). */
struct error *tracer_hold(struct tracer *tracer, struct stop *ret);
struct error *tracer_detach(struct tracer *tracer);
struct error *tracer_kill(struct tracer *tracer);

/* The tids, registers and stop signals of all threads, in no order; of a snapshot, as they were
 * when it was made. `*ret` is malloc'ed. */
struct error *tracer_registers(struct tracer *tracer, struct thread **ret, size_t *ret_count);

/* See target_vectors(). */
bool tracer_vectors(struct tracer *tracer, pid_t tid, uint64_t ret[VECTOR_REGISTERS]);

/* See target_set_traps(). */
struct error *tracer_set_traps(struct tracer *tracer, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);

/* See target_stop_at(). */
void tracer_stop_at(struct tracer *tracer, uint64_t address);

/* Replaces our breakpoint instructions by the original bytes in memory that has been read. Any
 * thread may call it. */
void tracer_hide_traps(struct tracer *tracer, struct memory_run *runs, size_t count);

/* The stop that queued the last TARGET_EVENT_TRAP. */
void tracer_last_stop(struct tracer *tracer, struct stop *ret);

/* What did not work besides the results of the last calls, in one sentence, owned by the caller;
 * NULL: nothing. */
struct error *tracer_take_notice(struct tracer *tracer);

/* False if the target has exited or executed another program since the snapshot was made. */
bool tracer_program_lives(const struct tracer *tracer);

bool tracer_next_event(struct tracer *tracer, struct target_event *ret);
int tracer_event_fd(const struct tracer *tracer);

#endif
