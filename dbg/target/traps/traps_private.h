/*
 * The parts of this folder, shared by its files and private to the tracer thread:
 *
 *   traps.c           one set of traps: lookup, creation and end
 *   trap_set.c        replacing the set by another one
 *   trap_insert.c     writing and removing the int3 of one trap
 *   trap_hits.c       hits: calling the handler, and resuming or stopping the thread
 *   trap_show.c       a thread's location as the program sees it while it executes a displaced
 *                     instruction
 *   trap_step.c       signals that arrive during a displaced instruction
 *   trap_children.c   processes that the target forks
 *   trap_area.c       the debugger's memory in the target
 *   trap_location.c   where that memory can be
 *   trap_handler.c    the code of the signal handler in it
 *   original_bytes.c  the program's own bytes, for threads that read memory
 *   displaced.c       moving one instruction
 *   idle_spinner.c    keeping CPUs from going idle
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAPS_PRIVATE_H
#define GCTXDBG_TARGET_TRAPS_TRAPS_PRIVATE_H

#include "dbg/target/tracing/tracee_hooks.h"
#include "dbg/target/tracing/tracee_table.h"
#include "dbg/target/traps/idle_spinner.h"
#include "dbg/target/traps/trap_area.h"
#include "dbg/target/traps/traps_control.h"

struct trap {
	uint64_t address;
	uint8_t original; /* the byte that the int3 replaces */
	uint32_t slot;	  /* index */
	struct displaced displaced;
};

/* A child process of the target that shares its memory and has not called exec yet (vfork). */
struct trap_child {
	pid_t pid;
	struct trap_child *next;
};

struct traps {
	struct target *target;
	struct trap_handler handler;
	struct trap_area area;
	struct guardian *guardian;
	struct undo_log *log;	      /* the guardian's */
	int mem_fd;		      /* the target's memory */
	struct original_bytes *bytes; /* borrowed */

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

/* The traps of a process, NULL: none. They are the only user of the hooks. */
static inline struct traps *traps_of(const struct tracees *tracees)
{
	return tracees->hooks ? tracees->hook_context : NULL;
}

/* ---- traps.c ---- */

/* The trap at `address`, or NULL. */
struct trap *traps_find(const struct traps *traps, uint64_t address);

/* The trap whose slot contains `address`, or NULL. */
struct trap *traps_find_slot(const struct traps *traps, uint64_t address);

/* Prepares everything, near addresses `low` to `high`, without any trap. All threads are
 * stopped. */
struct error *traps_create(struct tracees *tracees, struct target *target,
	struct original_bytes *bytes, uint64_t low, uint64_t high);
/* Undoes that. All threads are stopped, none is in the area, and no trap is set. On an error
 * everything is still there. */
struct error *traps_destroy(struct tracees *tracees);

/* ---- trap_insert.c ---- */

/* Writes the int3. The undo log has the byte before that. */
struct error *trap_insert(struct traps *traps, const struct trap *trap);
/* Removes it. If the program has written something else there, or unmapped it, that stays. */
void trap_remove(struct traps *traps, const struct trap *trap);

/* ---- trap_hits.c, trap_show.c, trap_children.c: hooks, see tracee_hooks.h ---- */

enum hook_answer traps_on_report(
	struct tracees *tracees, struct tracee *tracee, const siginfo_t *report, int *ret_signal);

/* Moves the thread out of the area: the program must see it in its own code. */
bool traps_before_signal(struct tracees *tracees, struct tracee *tracee, int *signal);

/* The same. False: it has hit a trap but not reported that yet. */
bool traps_on_stop(struct tracees *tracees, struct tracee *tracee);

/* Moves the thread back to where it really was. */
void traps_before_continue(struct tracees *tracees, struct tracee *tracee);

bool traps_on_other_process(struct tracees *tracees, pid_t pid, int status);

/* ---- trap_step.c ---- */

/*
 * The thread is about to get `signal` while it is before or inside a displaced instruction: makes
 * it execute that. True: it has, and is stopped after the instruction as the program sees it, about
 * to get `*signal`, which may be another one than before. False: it has died, which has been
 * handled, or needs more time; then its next report is for traps_continue_stepping().
 */
bool traps_step_out(struct tracees *tracees, struct tracee *tracee, struct trap *trap, int *signal);

/* The same for the report that was missing; it has not been collected yet. */
bool traps_continue_stepping(
	struct tracees *tracees, struct tracee *tracee, const siginfo_t *report, int *signal);

/* ---- trap_children.c ---- */

/* It has ended or is no longer traced. */
void traps_forget_child(struct traps *traps, pid_t pid);
/* Detaches the children that share the target's memory. */
void traps_leave_children(struct tracees *tracees);

/* ---- trap_show.c ---- */

/* Until the thread is continued its pc is `shown` instead of at `offset` of the trap's displaced
 * instruction. */
void traps_show_at(struct tracee *tracee, const struct trap *trap, uint64_t shown, uint8_t offset);

/* Moves a thread to its location as the program sees it, in `state` of a displaced instruction. */
bool traps_move_to(pid_t tid, const struct displaced_state *state);

#endif
