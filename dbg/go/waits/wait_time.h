/*
 * How long a goroutine has been blocked, as bounds.
 *
 * The runtime does not record when a goroutine blocks. Only the garbage collector leaves a trace: a
 * goroutine that it finds blocked gets g.waitsince, unless it has one already, and running again
 * clears it. The value is not the time of that collection, but the time at which the previous one
 * ended its marking (work.tstart; 0 in the first collection of a program). So, if T(n) is the time
 * at which collection n ended its marking, and waitsince is T(n):
 *
 *  - collection n did not find the goroutine blocked (or was the first): it blocked after
 *    collection n started, so after the end of collection n-1;
 *  - collection n+1 did: it blocked before T(n+1).
 *
 * And if waitsince is 0, the last collection did not find it blocked. A comparison with an earlier
 * inspection gives closer bounds (sightings.h).
 *
 * Sources: runtime/mgcmark.go markroot, runtime/mgc.go gcMark, runtime/proc.go execute and
 * exitsyscall, runtime/coro.go coroswitch_m (which does not clear it), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_WAITS_WAIT_TIME_H
#define GCTXDBG_GO_WAITS_WAIT_TIME_H

#include "dbg/go/goroutines/goroutine.h"

#define WAIT_UNBOUNDED INT64_MAX

struct wait_time {
	bool waits;	/* blocked, or in a system call; false: both bounds are 0 */
	bool bounded;	/* max_ns is more than the age of the program */
	int64_t min_ns; /* it has waited for at least this; 0: unknown */
	int64_t max_ns; /* and at most this; WAIT_UNBOUNDED: unknown */
};

/* Unknown bounds are no error. */
struct wait_time goroutine_wait_time(struct program *program, const struct goroutine *goroutine);

/* Whether anything is known that says more than the age of the program. */
static inline bool wait_time_is_known(const struct wait_time *time)
{
	return time->waits && (time->min_ns > 0 || time->bounded);
}

/* How long ago the last garbage collection ended, in ns; for a core, at least that. -1: there has
 * been none, or that is not known. */
int64_t program_since_gc_ns(struct program *program);

/* Why wait times are unknown: "no garbage collection has run". */
const char *wait_time_unknown_reason(struct program *program);

#endif
