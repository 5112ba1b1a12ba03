/*
 * The live process as a target, shared by live.c (reading the process itself) and snapshot_ops.c
 * (reading a frozen copy of it). A target switches between the two by changing its `ops`.
 *
 * This folder implements struct target for a process. The tracer thread (tracer.h) makes all ptrace
 * calls, by the mechanisms of the folders below: tracing/, traps/, snapshots/, guardian/, process/.
 */
#ifndef GCTXDBG_TARGET_LIVE_LIVE_H
#define GCTXDBG_TARGET_LIVE_LIVE_H

#include "dbg/target/live/live_memory.h"
#include "dbg/target/live/tracer.h"

struct live {
	struct target target; /* first: a target is a live */
	struct tracer *tracer;
	pid_t tid;		   /* a living thread of the process */
	struct live_memory memory; /* of the process or of the snapshot */
};

static inline struct live *live_of(struct target *target)
{
	return (struct live *)target;
}

extern const struct target_ops live_ops, snapshot_ops;

/* Switches to what the tracer has stopped or copied; takes ownership of stop->notice. */
void live_set_stop(struct live *live, struct stop *stop);

/* The operations that are the same for both. */
void live_destroy(struct target *target);
struct error *live_load_threads(struct target *target);
struct error *live_continue(struct target *target);
struct error *live_detach(struct target *target);
struct error *live_kill(struct target *target);
struct error *live_snapshot(struct target *target);
struct error *live_hold(struct target *target);
void live_stop_at(struct target *target, uint64_t address);
struct error *live_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);
bool live_next_event(struct target *target, struct target_event *ret);
bool live_resident(struct target *target, uint64_t *ret);

#endif
