/* The table of tracees and the handling of one tracee, shared by the files of this folder and the
 * folders that build on it. */
#ifndef GCTXDBG_TARGET_TRACING_TRACEE_TABLE_H
#define GCTXDBG_TARGET_TRACING_TRACEE_TABLE_H

#include <signal.h>
#include <sys/ptrace.h>

#include "dbg/target/tracing/tracee.h"
#include "dbg/target/tracing/tracee_regs.h"
#include "dwarf/base/hash.h"

enum tracee_state {
	TRACEE_RUNNING, /* or about to report a stop */
	TRACEE_STOPPED,
	TRACEE_ZOMBIE, /* the main thread has exited before the others; reported after theirs */
};

/*
 * A signal that is held back until its thread has executed a displaced instruction, see
 * trap_step.c.
 */
struct held_step {
	bool active;
	uint64_t trap; /* its address */
	siginfo_t held;
	uint64_t mask; /* the thread's own */
	/* Interrupted or group-stopped since: repeat it, so that it is reported again. */
	bool interrupt_again;
	bool stop_again; /* SIGSTOP came, which cannot be blocked */
	int queue_anew;	 /* a signal to be queued again; 0: none */
};

/* What traps keep about a thread: private to the owner of the hooks. Zero for a new thread and
 * after an exec. */
struct tracee_trap {
	/*
	 * While it is stopped its pc is `shown`, where it would be without traps, instead of at
	 * `shown_offset` in the displaced instruction of the trap at `shown_trap`. 0: its pc is its
	 * own.
	 */
	uint64_t shown, shown_trap;
	uint8_t shown_offset;
	/* It has been reported at this trap, with this stack pointer, and will hit it once more
	 * after a signal. 0: none. */
	uint64_t passed_trap, passed_stack;
	bool wants_stop; /* its trap's handler wants all threads to stop */
	bool waiting;	 /* it is stopped because its trap's handler said TRAP_AGAIN */
	struct held_step step;
};

struct tracee {
	pid_t tid;
	enum tracee_state state;
	int group_stop; /* the signal (SIGSTOP …) of the group-stop it is in; 0: none */
	bool lost;	/* not in the table: no memory */
	struct tracee_trap trap;
	bool interrupt_again; /* a consumed interrupt must be repeated */
	bool at_own_trap;     /* it has executed the int3 of tracees.own_trap; not reported yet */
	UT_hash_handle hh;
};

/* ptrace() without an address. Fails if the thread is being killed. */
long ptrace_simple(enum __ptrace_request request, pid_t tid, unsigned long data);

struct tracee *tracee_find(const struct tracees *tracees, pid_t tid);
void tracee_set_state(struct tracees *tracees, struct tracee *tracee, enum tracee_state state);

/* Removes it from the table and frees it. */
void tracee_remove(struct tracees *tracees, struct tracee *tracee);

/* Detaches a stopped thread, with `signal` (0: none), and removes it. */
void tracee_detach(struct tracees *tracees, struct tracee *tracee, int signal);

/* Handles one pending report of `tid` (-1: of any tracee). False: there is none. */
bool tracee_take_report(struct tracees *tracees, pid_t tid);

/* Collects a report that was read with WNOWAIT. Until then the kernel keeps its signal and delivers
 * it even if we are killed. */
void tracee_collect(pid_t tid);

/* Handles one report of waitpid(). */
void tracee_handle(struct tracees *tracees, pid_t tid, int status);

/* Repeats the interrupt if tracee->interrupt_again. */
void tracee_interrupt_again(struct tracee *tracee);

/* Continues it with `signal` (0: none). The caller sets its state. */
void tracee_continue(struct tracees *tracees, struct tracee *tracee, int signal);

/* Seizes and interrupts a thread found in /proc. Not an error if it has exited or is our tracee
 * already. */
struct error *tracees_seize_if_alive(struct tracees *tracees, pid_t tid, bool *ret_added);

#endif
