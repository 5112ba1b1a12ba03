/* What the tracer thread of a live target (tracer.h) calls to have traps in it; see traps.h for
 * what they are. */
#ifndef GCTXDBG_TARGET_TRAPS_TRAPS_CONTROL_H
#define GCTXDBG_TARGET_TRAPS_TRAPS_CONTROL_H

#include "dbg/target/tracing/tracee.h"
#include "dbg/target/traps/original_bytes.h"
#include "dbg/target/traps/traps.h"

/* See target_set_traps(). All threads are stopped. `bytes` is kept up to date and must live as long
 * as the traps. */
struct error *traps_set(struct tracees *tracees, struct target *target,
	struct original_bytes *bytes, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);

/*
 * Whether the target has our memory in it. False once all traps have been removed, unless a thread
 * still executes there.
 */
bool traps_are_set(const struct tracees *tracees);

/*
 * To be called now and then while the target runs: continues threads that wait because of
 * TRAP_AGAIN. Returns in how many milliseconds to call it again; -1: no need to.
 */
int traps_tick(struct tracees *tracees);

#endif
