/*
 * The child process that holds a snapshot of the target's memory: creating and ending it.
 *
 * It is a copy-on-write clone of one thread, traced by the debugger from the start, that never
 * executes an instruction of the program: it stays stopped in the system call stub (inject.h). Its
 * exit signal is 0, so that the target's own wait calls do not see it, and it has no file
 * descriptors, so that files and connections are closed when the target closes them.
 */
#ifndef GCTXDBG_TARGET_SNAPSHOTS_SNAPSHOT_CHILD_H
#define GCTXDBG_TARGET_SNAPSHOTS_SNAPSHOT_CHILD_H

#include "dbg/target/tracing/inject.h"

struct snapshot_child {
	pid_t pid;	/* in the debugger's pid namespace; 0: none */
	pid_t ns_pid;	/* in the target's */
	uint64_t start; /* snapshot_process_start(); a later process with this pid differs */
	uint64_t stub;	/* address of the stub that it is stopped in */
};

/* ---- Creating (snapshot_child.c) ---- */

/*
 * Creates one. All threads of the target must be stopped, and may be resumed as soon as this
 * returns. `log` (may be NULL) has the child noted by then, and `tracees` as its snapshot_tid.
 * ERROR_OTHER: it cannot be done (seccomp, limits), the target is unchanged. ERROR_GONE: it has
 * exited. After an error `ret` may still contain a child, which must be ended.
 */
struct error *snapshot_child_create(
	struct tracees *tracees, struct undo_log *log, struct snapshot_child *ret);

/*
 * The second half, which does not require the target to be stopped: the child closes its
 * descriptors, gets a name of its own, and will be killed when the debugger dies. After an error (it
 * was killed, or the kernel is too old) it must still be ended.
 */
struct error *snapshot_child_settle(struct tracees *tracees, const struct snapshot_child *child);

/*
 * ---- Ending (snapshot_end.c) ----
 *
 * In three steps, because only the last one requires a stopped thread of the target, and the one
 * before takes the kernel long if the child is large.
 */

/* When the process was started, in clock ticks since boot; 0: it does not exist. */
uint64_t snapshot_process_start(pid_t pid);

/* Kills the child, whether it is traced or not. */
void snapshot_child_kill(const struct snapshot_child *child);

/* Waits until the child is dead and untraced, so that it can be reaped; reports of `tracees` are
 * handled meanwhile. False: it is not dead after `patience_ns`. */
bool snapshot_child_await(
	struct tracees *tracees, const struct snapshot_child *child, int64_t patience_ns);

/*
 * Makes the target, of which at least one thread is stopped, reap the dead child, and removes it
 * from `log` (may be NULL). After an error the child stays a zombie, and noted.
 */
struct error *snapshot_child_reap(
	struct tracees *tracees, struct undo_log *log, const struct snapshot_child *child);

/*
 * Finds the child of process `parent` that has exit signal 0 and is stopped in the stub: the
 * debugger that created it died before it could note it. Afterwards the child is our tracee. False:
 * there is none.
 */
bool snapshot_child_find(pid_t parent, uint64_t stub, struct snapshot_child *ret);

#endif
