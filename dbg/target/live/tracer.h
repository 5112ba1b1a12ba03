/*
 * The tracer thread: it makes all ptrace calls for one live target, because the kernel wants them
 * from one thread, and because the target must be let go in time whatever the user's thread is busy
 * with.
 *
 * It serves calls from the user's thread, passes on what happens to the tracees, lets the target go
 * when it has stood still for too long (watchdog), and lets it go at once on SIGTERM or SIGHUP.
 *
 * Signals: tracer_create() blocks SIGCHLD, SIGTERM and SIGHUP in the calling thread (the tracer
 * thread takes them through signalfds) and resets SIGCHLD to its default action; tracer_destroy(),
 * called by the same thread, restores both. Threads created meanwhile inherit the mask; children
 * must get it reset (posix_spawnattr_setsigmask). One tracer at a time per process.
 */
#ifndef GCTXDBG_TARGET_LIVE_TRACER_H
#define GCTXDBG_TARGET_LIVE_TRACER_H

#include "dbg/target/target.h"

struct tracer;

/* What is true of a stop. */
struct stop {
	pid_t pid;
	pid_t tid; /* a living thread: its files in /proc work even when the main thread has exited
		    */
	int64_t monotonic_ns, realtime_ns;
	/* A snapshot was asked for: the process that holds it (the target runs on), and for how
	 * long all stood still; or 0 and why there is none (the caller's), and the target stands
	 * still itself. */
	pid_t snapshot;
	int64_t stall_ns;
	struct error *notice;
};

/* `target`: its state and gone_reason are kept up to date; must outlive the tracer. */
struct error *tracer_create(
	struct target *target, const struct live_options *options, struct tracer **ret);

/* Leaves the process (it runs on) and frees everything. */
void tracer_destroy(struct tracer *tracer);

/* Seizes process `pid` and stops it, or makes a snapshot, as the options say. On an error it has
 * been left. Once per tracer. */
struct error *tracer_attach(struct tracer *tracer, pid_t pid, struct stop *ret);

/* Starts a program instead, see live_exec(). */
struct error *tracer_exec(struct tracer *tracer, char *const argv[], struct stop *ret);

struct error *tracer_continue(struct tracer *tracer);
struct error *tracer_interrupt(struct tracer *tracer, struct stop *ret);
/* From any state but gone: makes a snapshot instead of an older one; `ret` says whether that was
 * possible. On an error one looks at the older one still, if there is one; else the target runs. */
struct error *tracer_snapshot(struct tracer *tracer, struct stop *ret);
/* Drops the snapshot, if any, and stops the target itself. On an error as tracer_snapshot(). */
struct error *tracer_hold(struct tracer *tracer, struct stop *ret);
struct error *tracer_detach(struct tracer *tracer);
struct error *tracer_kill(struct tracer *tracer);

/* tids, registers and stop signals of all threads (of the snapshot: as they were), in no order;
 * `*ret` is malloc'ed. */
struct error *tracer_registers(struct tracer *tracer, struct thread **ret, size_t *ret_count);

/* See target_set_traps(). */
struct error *tracer_set_traps(struct tracer *tracer, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);

/* Replaces our int3s by the program's own bytes in what has been read. Any thread may call it. */
void tracer_hide_traps(struct tracer *tracer, struct memory_run *runs, size_t count);

/* The stop that the last TARGET_EVENT_TRAP told of. */
void tracer_last_stop(struct tracer *tracer, struct stop *ret);

/* What did not work beside the last calls and is worth a sentence (the caller's); NULL: nothing. */
struct error *tracer_take_notice(struct tracer *tracer);

/* False: since the snapshot the target has exited or executed another program. */
bool tracer_program_lives(const struct tracer *tracer);

bool tracer_next_event(struct tracer *tracer, struct target_event *ret);
int tracer_event_fd(const struct tracer *tracer);

#endif
