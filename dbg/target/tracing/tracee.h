/*
 * Tracing with ptrace: the threads of one process, and stopping, resuming and detaching all of
 * them. This folder also runs system calls in a thread (inject.h) and keeps the log of what must be
 * undone (undo_log.h). It may use dbg/target/process and what is below it.
 *
 * Every function must be called by the thread that attached, because ptrace demands it. waitpid()
 * reports each change of a tracee. What a report means depends on the mode:
 *
 *   RUNNING   Pass it on: signals are delivered, new threads run, a group-stop (SIGSTOP) stays in
 *             effect.
 *   STOPPING  Signals are delivered too, but with a PTRACE_INTERRUPT pending, so the thread stops
 *             again before it executes its own code and each signal is delivered exactly once. Any
 *             other report leaves the thread stopped.
 *   LEAVING   Detach the thread.
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
struct tracee_hooks;

struct tracees {
	pid_t pid;
	pid_t tracer; /* our own thread id */
	int child_fd; /* borrowed */
	enum tracing_mode mode;
	/* Not all threads are known yet; an exec stops the new program instead of ending the
	 * session. */
	bool attaching;
	struct tracee *table; /* by tid (uthash) */
	size_t running;	      /* how many are neither stopped nor zombies */
	size_t generation;    /* counts removals of many tracees; iterations must stop then */
	bool execed;	      /* it has executed another program and been detached */
	bool ended;	      /* it has exited; see last_status */
	int last_status;
	/* A tracee that is not a thread of the process but holds a snapshot, see snapshot_child.h.
	 * Its reports are recorded, not acted upon. 0: none */
	pid_t snapshot_tid;
	bool snapshot_stopped; /* it has reported its first stop */
	bool main_was_zombie;  /* the main thread has exited, so it is not in the table */
	bool no_memory;	       /* a thread could not be entered in the table */
	const struct tracee_hooks *hooks; /* see tracee_hooks.h; NULL: none */
	void *hook_context;		  /* of the hooks */
	uint64_t
		own_trap; /* address of an int3 in the program's code, see target_stop_at(); 0: none */
	pid_t stop_wanted; /* this thread has hit a trap that stops all threads; 0: none */
};

struct stop_limits {
	int64_t progress_ns;	   /* fail when no thread has stopped for that long */
	int64_t total_ns;	   /* fail in any case */
	const atomic_bool *cancel; /* NULL: never */
	/* Fail when this descriptor is readable: a signal asks the debugger to leave. 0: none */
	int leave_fd;
	/* Replaces progress_ns if a thread that does not stop is in an uninterruptible wait (vfork,
	 * NFS). 0: no difference */
	int64_t blocked_ns;
};

/*
 * Seizes all threads that are not traced yet and stops all. After an error some threads may be
 * stopped: call tracees_resume() or tracees_leave(). ERROR_GONE: `execed` or `ended`. The error for
 * a thread that does not stop names the thread and the reason.
 */
struct error *tracees_stop(struct tracees *tracees, const struct stop_limits *limits);
/* The error after `execed` or `ended`: ERROR_GONE. */
struct error *tracees_gone(const struct tracees *tracees);

/*
 * Seizes and stops one thread, whichever stops without delay. The process must not be traced. Call
 * tracees_leave() afterwards, also on an error.
 */
struct error *tracees_stop_one(struct tracees *tracees);

/* Seizes one thread without stopping it, and enters it in the table. */
struct error *tracees_seize(struct tracees *tracees, pid_t tid);

/* Enters a stopped thread that this thread traces already, and interrupts it: once it is continued,
 * it stops again. An error: it has been killed. */
struct error *tracees_adopt(struct tracees *tracees, pid_t tid);

/* Resumes all stopped threads, except that those in a group-stop stay in it. */
void tracees_resume(struct tracees *tracees);

/*
 * Detaches all threads, for which running ones are stopped. A thread that does not stop within half
 * a second is detached when it does, by tracees_pump(), or by the kernel when the calling thread
 * ends.
 */
void tracees_leave(struct tracees *tracees);

/*
 * Handles pending reports, at most a few hundred. True: it handled some, so there may be more;
 * false: there are none.
 */
bool tracees_pump(struct tracees *tracees);

/* Waits at most `timeout_ms` until child_fd or `other_fd` (-1: none) is readable. */
void tracees_wait(struct tracees *tracees, int other_fd, int timeout_ms);

/* A thread that is stopped and not a zombie: the main thread, unless it has exited. 0: none */
pid_t tracees_any_stopped(const struct tracees *tracees);

/* tids, registers and stop signals of all stopped threads, unordered. `*ret` is malloc'ed. */
struct error *tracees_registers(struct tracees *tracees, struct thread **ret, size_t *ret_count);

/* Frees the table. The threads stay traced until the calling thread ends. */
void tracees_deinit(struct tracees *tracees);

#endif
