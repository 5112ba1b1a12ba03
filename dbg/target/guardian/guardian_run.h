/*
 * What the guardian works with once the debugger is dead, shared by guardian_run.c (its life, bytes
 * and the call under way), guardian_undo.c (calls that undo) and guardianren.c (copies of the
 * target).
 */
#ifndef GCTXDBG_TARGET_GUARDIAN_GUARDIAN_RUN_H
#define GCTXDBG_TARGET_GUARDIAN_GUARDIAN_RUN_H

#include "dbg/target/tracing/undo_notes.h"
#include "dbg/target/tracing/tracee.h"

struct guardian_process {
	struct undo_notes *notes;
	int mem_fd;	       /* of the program that ran when the debugger attached */
	uint64_t some_address; /* that can be read there; 0: unknown */
	int target;	       /* pidfd */
	struct tracees tracees;
};

/* ---- guardian_run.c ---- */

/* The guardian's life; returns when nothing is left to be undone. `pid`: the target. `debugger` and
 * `target` are pidfds, `hangup` the reading end of a pipe whose other end dies with the debugger. */
void guardian_run(struct undo_notes *notes, pid_t pid, int hangup, int debugger, int target);

/* Seizes and stops all threads; the dying debugger may still hold them for a moment. False: the
 * target is gone, or one does not stop. */
bool guardian_stop_all(struct guardian_process *guardian);
/* For a millisecond in the first turns (from 0) and longer in later ones: on a busy machine a
 * thread may get no time in one, but for being stopped again. guardian_stop_all() comes next. */
void guardian_let_run_a_little(struct guardian_process *guardian, int turn);
bool guardian_registers(pid_t tid, struct user_regs_struct *ret);

/* ---- guardian_undo.c ---- */

/* Makes the noted calls, the last one first; all threads stand, also afterwards. What cannot be
 * made stays noted. */
void guardian_run_undos(struct guardian_process *guardian);

/* ---- guardianren.c ---- */

/* Notes the child of a clone that was under way; all threads stand, and the call is noted still. */
void guardian_find_snapshot(struct guardian_process *guardian);

/* Kills the noted ones. */
void guardian_kill_snapshots(struct guardian_process *guardian);

/* The target is not traced: waits for their death, stops a thread of the target for a moment, and
 * has it reap them. */
void guardian_reap_snapshots(struct guardian_process *guardian);

#endif
