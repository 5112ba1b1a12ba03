/*
 * The child process that holds a snapshot of the target's memory: making it and getting rid of it.
 *
 * It is a copy-on-write clone of one thread, traced by us from birth, that never executes an
 * instruction of the program: it stands in the stub (inject.h) all its life. It has exit signal
 * 0, so that the target's own wait calls do not see it, and no descriptors, so that files and
 * connections which the target closes are closed.
 */
#ifndef GCTXDBG_TARGET_SNAPSHOTS_SNAPSHOT_CHILD_H
#define GCTXDBG_TARGET_SNAPSHOTS_SNAPSHOT_CHILD_H

#include "dbg/target/tracing/inject.h"

struct snapshot_child {
	pid_t pid;	/* as we number it; 0: none */
	pid_t ns_pid;	/* as the target does */
	uint64_t start; /* see snapshot_process_start(): no later process of that number has it */
	uint64_t stub;	/* where it stands */
};

/* ---- Making (snapshot_child.c) ---- */

/*
 * Makes one; all threads of the target are stopped and may run on as soon as this returns.
 * `log` has the child noted then, and `tracees` has it as snapshot_tid. ERROR_OTHER with a sentence: it
 * cannot be done (seccomp, limits), the target is as it was. ERROR_GONE: it died. After an error
 * `ret` may have a child all the same, which is to be ended.
 */
struct error *snapshot_child_create(
	struct tracees *tracees, struct undo_log *log, struct snapshot_child *ret);

/*
 * The second half, for which the target need not stand: the child loses its descriptors and dies
 * with us. On an error (it was killed, or the kernel is too old) it is still to be ended.
 */
struct error *snapshot_child_settle(struct tracees *tracees, const struct snapshot_child *child);

/*
 * ---- Ending (snapshot_end.c) ----
 *
 * Three steps, because only the last one needs a thread of the target that stands, and the one
 * before takes the kernel the longer the bigger the child is.
 */

/* When the process was started, in clock ticks since boot; 0: it is not there. */
uint64_t snapshot_process_start(pid_t pid);

/* Kills it, whether we trace it or not. */
void snapshot_child_kill(const struct snapshot_child *child);

/* Waits until it is dead and nobody traces it, so that it can be reaped; meanwhile all that is
 * reported of `tracees` is handled. False: it is not after `patience_ns`. */
bool snapshot_child_await(
	struct tracees *tracees, const struct snapshot_child *child, int64_t patience_ns);

/*
 * Makes the target, of which at least one thread is stopped, reap the dead child. `log` forgets
 * it. An error leaves a zombie and the note.
 */
struct error *snapshot_child_reap(
	struct tracees *tracees, struct undo_log *log, const struct snapshot_child *child);

/*
 * The child of process `parent` that has exit signal 0 and stands in the stub: its maker died
 * before he could note it. It is our tracee then. False: none.
 */
bool snapshot_child_find(pid_t parent, uint64_t stub, struct snapshot_child *ret);

#endif
