/*
 * What a live process is as a target, shared by live.c (looking at the process itself) and
 * snapshot.c (looking at a frozen copy of it). One target changes between the two: its `ops` are
 * those of what one looks at.
 */
#ifndef GCTXDBG_TARGET_LIVE_LIVE_H
#define GCTXDBG_TARGET_LIVE_LIVE_H

#include "dbg/target/live/live_memory.h"
#include "dbg/target/live/tracer.h"

struct live {
	struct target target; /* first: a target is a live */
	struct tracer *tracer;
	pid_t tid;		   /* a living thread of the process */
	struct live_memory memory; /* of what one looks at */
};

static inline struct live *live_of(struct target *target)
{
	return (struct live *)target;
}

extern const struct target_ops live_ops, snapshot_ops;

/* Looks at what the tracer has stopped or copied; takes stop->problem. */
void live_set_stop(struct live *live, struct stop *stop);

/* Operations that are the same for both. */
void live_destroy(struct target *target);
struct error *live_load_threads(struct target *target);
struct error *live_continue(struct target *target);
struct error *live_detach(struct target *target);
struct error *live_kill(struct target *target);
struct error *live_snapshot(struct target *target);
struct error *live_hold(struct target *target);
struct error *live_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);
bool live_next_event(struct target *target, struct target_event *ret);
bool live_resident(struct target *target, uint64_t *ret);

#endif
