/*
 * When the garbage collections of a program ran, as far as its memory tells. It is what wait times
 * are derived from (dbg/go/waits/wait_time.h).
 *
 * The runtime keeps the wall-clock ends of the last 256 collections, and the monotonic clock of the
 * last one. Besides, each g.waitsince is the time of a collection.
 *
 * Sources: runtime/mgc.go (gcMarkTermination, gcMark), runtime/mstats.go, runtime/mgcpacer.go
 * (markStartTime), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_GC_HISTORY_H
#define GCTXDBG_GO_GOROUTINES_GC_HISTORY_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

/* The marking of one collection ended between these times on the target's monotonic clock, in ns. */
struct gc_cycle {
	int64_t low, high;
};

struct gc_history {
	struct gc_cycle *cycles; /* ascending; some may be missing */
	size_t count, capacity;
	uint64_t done;	       /* number of completed collections; 0 also if unknown */
	int64_t mark_start;    /* when the newest one started to mark; 0: unknown */
	int64_t last_end;      /* when the last completed one ended; 0: none, or unknown */
	int64_t program_start; /* 0: unknown */
	bool coroutines; /* goroutines may resume each other without the scheduler (iter.Pull) */
};

/* Read once per stop; belongs to the program. NULL if it cannot be read. */
const struct gc_history *program_gc_history(struct program *program);

/* NULL is allowed. */
void gc_history_destroy(struct gc_history *history);

#endif
