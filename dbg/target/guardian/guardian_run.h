/*
 * The guardian process itself, shared by guardian_run.c (its life, bytes and the current injected
 * call), guardian_undo.c (undo calls) and guardian_snapshots.c (processes that hold snapshots).
 */
#ifndef GCTXDBG_TARGET_GUARDIAN_GUARDIAN_RUN_H
#define GCTXDBG_TARGET_GUARDIAN_GUARDIAN_RUN_H

#include "dbg/target/tracing/tracee.h"
#include "dbg/target/tracing/undo_notes.h"

struct guardian_process {
	struct undo_notes *notes;
	int mem_fd;	       /* memory of the program that ran when the debugger attached */
	uint64_t some_address; /* a readable address of it; 0: unknown */
	int hangup;	       /* the reading end of a pipe whose other end the debugger holds */
	int debugger, target;  /* pidfds */
	struct tracees tracees;
};

/* ---- guardian_run.c ---- */

/* Opens what is missing in `ret` (notes and descriptors are set) for target `pid`. Returns an
 * errno. */
int guardian_prepare(struct guardian_process *ret, pid_t pid);

/* The guardian's life; returns when there is nothing left to undo. */
void guardian_run(struct guardian_process *guardian);

/* Seizes and stops all threads, which the dying debugger may still hold for a moment. False: the
 * target is gone, or a thread does not stop. */
bool guardian_stop_all(struct guardian_process *guardian);

/*
 * Lets the threads run, for a millisecond in the first turns (from 0) and longer in later ones: on
 * a busy machine a millisecond may be too short for a thread to do more than stop again. Call
 * guardian_stop_all() next.
 */
void guardian_run_briefly(struct guardian_process *guardian, int turn);

/* ---- guardian_undo.c ---- */

/* Restores all noted bytes. Some kernels allow it only to the tracer, so those that cannot be
 * written stay noted. */
void guardian_restore_bytes(struct guardian_process *guardian);
/* Restores those, too, through a stopped thread. */
void guardian_restore_bytes_by_ptrace(struct guardian_process *guardian);

/* Makes the noted undo calls, the last one first. All threads are stopped, before and after. A call
 * that cannot be made stays noted. */
void guardian_run_undos(struct guardian_process *guardian);

/* ---- guardian_snapshots.c ---- */

/*
 * Notes and kills the child of a clone that was under way; the call is still noted. Threads that
 * are not stopped may still make one.
 */
void guardian_find_snapshot(struct guardian_process *guardian);

/* Kills the noted children. */
void guardian_kill_snapshots(struct guardian_process *guardian);

/* Waits for their death, then stops a thread of the target for a moment to reap them. The target is
 * not traced before or after. */
void guardian_reap_snapshots(struct guardian_process *guardian);

#endif
