/*
 * The threads that we trace, and stopping, resuming and leaving all of them.
 *
 * Every function here must be called by the one thread that attached (ptrace demands it). Each
 * change of a tracee is reported by waitpid(); what is done with it depends on what we are about:
 *
 *   RUNNING   pass it on: signals are delivered, new threads run, a group-stop (SIGSTOP) is left in
 * effect STOPPING  the same for signals, but on top of a PTRACE_INTERRUPT that stops the thread
 * before it runs its own code again, so that each signal is delivered exactly once; everything else
 * leaves the thread where it is LEAVING   detach the thread
 *
 * SIGCHLD must be blocked in all threads of this process; `child_fd` is a signalfd for it.
 */
#ifndef GCTXDBG_TARGET_TRACING_TRACEE_H
#define GCTXDBG_TARGET_TRACING_TRACEE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "dbg/target/target.h"
#include "dwarf/base/clock.h"

enum tracing_mode { TRACING_RUNNING, TRACING_STOPPING, TRACING_LEAVING };

struct tracee;
struct traps;

struct tracees {
	pid_t pid;
	pid_t tracer; /* our own thread id */
	int child_fd; /* borrowed */
	enum tracing_mode mode;
	bool attaching; /* not all threads are known yet, and an exec stops the new program instead
			   of ending the session */
	struct tracee *table; /* by tid (uthash) */
	size_t running;	      /* how many of them are neither stopped nor zombies */
	size_t generation;    /* counts wholesale removals, after which no iteration may go on */
	bool execed;	      /* it runs another program now and has been left */
	bool ended;	      /* it has exited; last_status says how */
	int last_status;
	pid_t snapshot_tid; /* a tracee of ours that is no thread of the process: a snapshot's, see
				snapshot_child.h; its reports are left alone. 0: none */
	bool snapshot_stopped; /* it has reported its first stop */
	bool main_was_zombie;  /* the main thread is not in the table, because it has exited */
	bool no_memory;	       /* a thread could not be entered in the table */
	struct traps *traps;   /* see traps_private.h; NULL: none are in */
	pid_t stop_wanted;     /* this thread has hit a trap and wants all to stop; 0: none */
};

struct stop_limits {
	int64_t progress_ns;	   /* give up when no thread has stopped for that long */
	int64_t total_ns;	   /* give up in any case */
	const atomic_bool *cancel; /* NULL: never */
	int64_t blocked_ns; /* the same as progress_ns when one of those that do not stop is in an
			       uninterruptible wait (vfork, NFS); 0: no difference */
};

/*
 * Seizes all threads (those that it does not know yet) and stops them. On an error some threads may
 * be stopped: call tracees_resume() or tracees_leave(). ERROR_GONE: `execed` or `ended`. The error
 * for a thread that does not stop says which and why.
 */
struct error *tracees_stop(struct tracees *tracees, const struct stop_limits *limits);

/*
 * Seizes and stops one thread, any that can be stopped at once; the process is not traced so far.
 * Call tracees_leave() afterwards, also on an error.
 */
struct error *tracees_stop_one(struct tracees *tracees);

/* Seizes one thread, without stopping it, and enters it in the table. */
struct error *tracees_seize(struct tracees *tracees, pid_t tid);

/* Lets all stopped threads run; those in a group-stop stay in it, as they were. */
void tracees_resume(struct tracees *tracees);

/*
 * Detaches all threads. Those that run are stopped for that; one that does not stop within half a
 * second is detached when it does, by tracees_pump(), or by the kernel when the calling thread
 * ends.
 */
void tracees_leave(struct tracees *tracees);

/*
 * Handles what waitpid() reports, at most a few hundred reports at once. Returns true when it
 * handled some, so that there may be more; false when there is nothing to do.
 */
bool tracees_pump(struct tracees *tracees);

/* Waits at most `timeout_ms` for child_fd, or for `other_fd` (-1: none), to become readable. */
void tracees_wait(struct tracees *tracees, int other_fd, int timeout_ms);

bool tracees_is_empty(const struct tracees *tracees);

/* A thread that is stopped and not a zombie (the main thread, unless it has exited); 0 if none. */
pid_t tracees_any_stopped(const struct tracees *tracees);

/* tids, registers and stop signals of all stopped threads, in no order; `*ret` is malloc'ed. */
struct error *tracees_registers(struct tracees *tracees, struct thread **ret, size_t *ret_count);

/* Forgets all threads (frees the table); they stay traced until the calling thread ends. */
void tracees_deinit(struct tracees *tracees);

#endif
