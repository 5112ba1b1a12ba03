/*
 * Reading beside computing: a thread that reads the next stretch of a target's memory while the
 * caller looks at the one before.
 *
 * One read is under way at a time, and the results come in the order in which they were asked for,
 * so that nothing depends on which thread was faster. Where memory is mapped here already (cores),
 * or without a thread, reading happens in read_ahead_start().
 */
#ifndef GCTXDBG_TARGET_READ_AHEAD_H
#define GCTXDBG_TARGET_READ_AHEAD_H

#include "dbg/target/target.h"

struct read_ahead;

struct error *read_ahead_create(struct target *target, struct read_ahead **ret);
/* Waits for what is under way. NULL is fine. */
void read_ahead_destroy(struct read_ahead *ahead);
static inline void read_ahead_cleanup(struct read_ahead **ahead)
{
	read_ahead_destroy(*ahead);
}

/*
 * Begins to fill `runs`, which must stay until read_ahead_finish(). Meanwhile the caller may read
 * from the target, but must not let it run.
 */
void read_ahead_start(struct read_ahead *ahead, struct memory_run *runs, size_t count);

/* Waits until the runs are filled; results and errors as of target_read_runs(). */
struct error *read_ahead_finish(struct read_ahead *ahead);

#endif
