/*
 * What traps are made of, shared by traps.c (putting them in and taking them out), trap_set.c
 * (another set of them), trap_hits.c (what threads do that come to them), trap_show.c (where they
 * are then), trap_step.c (signals that come in between) and trap_children.c (processes that the
 * target forks). Belongs to the tracer thread.
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAPS_PRIVATE_H
#define GCTXDBG_TARGET_TRAPS_TRAPS_PRIVATE_H

#include "dbg/target/tracing/tracee_table.h"
#include "dbg/target/traps/idle_spinner.h"
#include "dbg/target/traps/trap_area.h"
#include "dbg/target/traps/trap_bytes.h"
#include "dbg/target/traps/traps.h"

struct trap {
	uint64_t address;
	uint8_t original; /* the byte that the int3 replaces */
	uint32_t slot;	  /* index */
	bool passed;	  /* used by traps_set() */
	struct displaced displaced;
};

/* A child process of the target that shares its memory and has not executed a program of its own
 * yet (vfork). */
struct trap_child {
	pid_t pid;
	bool stopped;
	struct trap_child *next;
};

struct traps {
	struct target *target;
	struct trap_handler handler;
	struct trap_area area;
	struct guardian *guardian;
	struct undo_log *log; /* the guardian's */
	int mem_fd;
	struct trap_bytes *bytes; /* the caller's */

	struct trap *items; /* by address */
	size_t count;
	uint32_t *slots; /* slot index -> index in items + 1; 0: free */

	struct trap_child *children;
	size_t waiting;		  /* threads whose handler said TRAP_AGAIN */
	int64_t waiting_since_ns; /* when the first of them did */
	bool leaving;		  /* no more calls of the handler */
	int64_t action_checked_ns;
	struct idle_spinner spinner;
};

/* The trap at `address`, or NULL. */
struct trap *traps_find(const struct traps *traps, uint64_t address);

/* The trap in whose slot `address` lies, or NULL. */
struct trap *traps_find_slot(const struct traps *traps, uint64_t address);

/* ---- trap_set.c ---- */

/* See target_set_traps(); all threads are stopped. `bytes` must live as long as the traps. */
struct error *traps_set(struct tracees *tracees, struct target *target, struct trap_bytes *bytes,
	const uint64_t *addresses, size_t count, const struct trap_handler *handler);

/* ---- traps.c ---- */

/* Prepares everything, near addresses `low` to `high`; no trap is in. All threads are stopped. */
struct error *traps_create(struct tracees *tracees, struct target *target, struct trap_bytes *bytes,
	uint64_t low, uint64_t high);
/* Undoes that: all threads are stopped, none of them in the area, and no trap is in. On an error it
 * is still there. */
struct error *traps_destroy(struct tracees *tracees);

/* Writes the int3. */
struct error *trap_put_in(struct traps *traps, const struct trap *trap);
/* Takes it away; what the program has put there or unmapped meanwhile is not ours. */
void trap_take_out(struct traps *traps, const struct trap *trap);

/*
 * Takes all out because the target is going to be left: the bytes at once, while threads run; then
 * stops all for as long as it takes to put back the rest. Where that is not possible in time, the
 * rest is left to the guardian.
 */
void traps_leave(struct tracees *tracees);

/* The memory that they were in is gone (exit, exec), or nothing more can be done: frees everything.
 */
void traps_forget(struct tracees *tracees);

/* ---- trap_hits.c and trap_show.c: called by tracee.c ---- */

/*
 * A thread reports SIGTRAP, and the report has not been collected yet (WNOWAIT), so that the signal
 * is still delivered should we be killed. True: it was a trap and has been dealt with, and what it
 * needs of collecting done.
 */
bool traps_handle_sigtrap(struct tracees *tracees, struct tracee *tracee);

/*
 * A thread reports `*signal`, which it is about to get. In the program's eyes it must stand in its
 * own code. False: the thread has been removed or must not be continued.
 */
bool traps_before_signal(struct tracees *tracees, struct tracee *tracee, int *signal);

/*
 * A thread stands, by PTRACE_INTERRUPT or in a group-stop, and is going to stay so or be detached:
 * it is shown where it is in the program's eyes. False: it has hit a trap but not reported so yet;
 * it has been continued and is going to report it next.
 */
bool traps_on_stand(struct tracees *tracees, struct tracee *tracee);

/* A thread is going to be continued: back to where it really was. */
void traps_before_go_on(struct tracees *tracees, struct tracee *tracee);

/*
 * To be called now and then while it runs: lets threads go on that wait because of TRAP_AGAIN.
 * Returns milliseconds until it should be called again; -1: never.
 */
int traps_tick(struct tracees *tracees);

/* ---- trap_step.c ---- */

/*
 * The thread is about to get `signal` while it stands before the displaced instruction, or in the
 * middle of it: lets it execute that. True: it is through and stands, in the program's eyes, behind
 * it, about to get `*signal`, which may be another one than before. False: it has died, which has
 * been handled, or is not through yet: then its next report is for traps_go_on_stepping().
 */
bool traps_step_out(struct tracees *tracees, struct tracee *tracee, struct trap *trap, int *signal);

/* The same when the report that was missing has come; it has not been collected yet. */
bool traps_go_on_stepping(
	struct tracees *tracees, struct tracee *tracee, const siginfo_t *report, int *signal);

/* ---- trap_children.c ---- */

/* A process that is none of our threads reports a stop. True: it was a child of the target's, and
 * has been dealt with. */
bool traps_handle_child(struct tracees *tracees, pid_t pid, int status);
/* It has ended. */
void traps_forget_child(struct traps *traps, pid_t pid);
/* The target's memory is the children's memory: stops them and leaves them. */
void traps_leave_children(struct tracees *tracees);

/* ---- trap_show.c ---- */

/* The thread is shown at `shown` until it goes on, at `offset` of the trap's displaced instruction.
 */
void traps_show_at(struct tracee *tracee, const struct trap *trap, uint64_t shown, uint8_t offset);

bool tracee_get_rip(pid_t tid, uint64_t *ret);
bool tracee_set_rip(pid_t tid, uint64_t rip);
/* Moves it to `state` of a displaced instruction. */
bool tracee_set_displaced(pid_t tid, const struct displaced_state *state);

#endif
