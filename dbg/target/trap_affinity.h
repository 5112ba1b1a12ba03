/*
 * The CPU that the tracer thread runs on: while hits come fast it is that of the thread it serves.
 * Waking somebody on another CPU, which may be asleep, takes several times as long as all else that
 * a hit costs. Where more threads want to run than there are CPUs none is asleep, and the scheduler
 * chooses better.
 *
 * Only our own thread's affinity is ever changed.
 */
#ifndef GCTXDBG_TARGET_TRAP_AFFINITY_H
#define GCTXDBG_TARGET_TRAP_AFFINITY_H

#include <sched.h>
#include <sys/types.h>

#include "dwarf/base/memory.h"

struct affinity {
	cpu_set_t own; /* what it was; valid while `following` */
	bool following;
	int cpu;
	unsigned hits;	  /* since `since_ns` */
	int64_t since_ns; /* CLOCK_MONOTONIC */
};

/* Thread `tid` has hit a trap. */
void affinity_hit(struct affinity *affinity, pid_t tid);

/* Back to where we were allowed to run if no more hits come fast. Returns in how many milliseconds
 * to ask again; -1: never. */
int affinity_relax(struct affinity *affinity);

/* At once. */
void affinity_release(struct affinity *affinity);

#endif
