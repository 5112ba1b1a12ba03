/*
 * Reading in the background: a thread that reads the next part of a target's memory while the
 * caller processes the previous one.
 *
 * Only one request is in progress at a time, and results are returned in the order of the requests, so
 * that nothing depends on which thread is faster. A caller that waits for the thread reads a part
 * itself; if no thread can be created, all of it.
 */
#ifndef GCTXDBG_TARGET_READ_AHEAD_H
#define GCTXDBG_TARGET_READ_AHEAD_H

#include "dbg/target/target.h"

struct read_ahead;

struct error *read_ahead_create(struct target *target, struct read_ahead **ret);
/* Waits for the read in progress. NULL is fine. */
void read_ahead_destroy(struct read_ahead *ahead);
static inline void read_ahead_cleanup(struct read_ahead **ahead)
{
	read_ahead_destroy(*ahead);
}

/*
 * Starts to fill `runs`, which must stay valid until read_ahead_finish(). Meanwhile the caller may
 * read from the target, but must not resume it.
 */
void read_ahead_start(struct read_ahead *ahead, struct memory_run *runs, size_t count);

/* Waits until the runs are filled; results and errors as target_read_runs(). */
struct error *read_ahead_finish(struct read_ahead *ahead);

#endif
