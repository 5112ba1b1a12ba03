/*
 * Keeps two CPUs from going idle while hits arrive fast: the CPU of the thread that hits, and the
 * tracer's. The two wait for each other at every hit; on a machine that is otherwise idle their
 * CPUs halt in between, and waking a halted CPU takes longer than everything else that a hit costs
 * (48 instead of 20 µs per hit on a virtual machine).
 *
 * Two child processes of the debugger spin there with SCHED_IDLE: they run only when nothing else
 * wants the CPU, and the scheduler treats such a CPU as idle, so the tracer and the thread still
 * get it. (As threads of the debugger they would delay its death on a busy machine, and with it the
 * guardian.) Nothing about the target's threads is changed. Where a cgroup limits CPU time, nothing
 * spins.
 */
#ifndef GCTXDBG_TARGET_TRAPS_IDLE_SPINNER_H
#define GCTXDBG_TARGET_TRAPS_IDLE_SPINNER_H

#include <sys/types.h>

#include "dwarf/base/memory.h"

struct spinners;

struct idle_spinner {
	struct spinners *spinners; /* NULL: not needed yet */
	bool impossible;
	bool spinning;
	unsigned hits;	  /* since `since_ns` */
	int64_t since_ns; /* CLOCK_MONOTONIC */
};

/* Thread `tid` has hit a trap; called by the tracer thread. */
void idle_spinner_hit(struct idle_spinner *spinner, pid_t tid);

/* Stops spinning if hits no longer arrive fast. Returns in how many milliseconds to call it again;
 * -1: no need to. */
int idle_spinner_relax(struct idle_spinner *spinner);

/* Stops spinning immediately. */
void idle_spinner_pause(struct idle_spinner *spinner);

/* Ends the processes, without waiting for their end. */
void idle_spinner_deinit(struct idle_spinner *spinner);

#endif
