/*
 * Keeps two CPUs from falling asleep while hits come fast: that of the thread which hits, and the
 * tracer's. Each of the two waits for the other one at every hit; on a machine that is otherwise
 * idle their CPUs halt in between, and waking one takes longer than all else that a hit costs
 * (20 instead of 48 µs per hit on a virtual machine).
 *
 * Two processes of ours spin there, with SCHED_IDLE: they get only time that nobody else wants, and
 * the scheduler takes their CPU for an idle one, so that those two come back to it. (As threads of
 * ours they would hold up our death on a busy machine, and with it the guardian.) Nothing is
 * changed about the target's threads. It is not done where CPU time is limited (cgroup).
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

/* Lets them sleep if no more hits come fast. Returns in how many milliseconds to ask again; -1:
 * never. */
int idle_spinner_relax(struct idle_spinner *spinner);

/* At once. */
void idle_spinner_pause(struct idle_spinner *spinner);

/* For good. Does not wait for their end. */
void idle_spinner_deinit(struct idle_spinner *spinner);

#endif
