/*
 * Names the process that holds a snapshot, so that tools that look for the target by its name do
 * not find two processes.
 */
#ifndef GCTXDBG_TARGET_SNAPSHOTS_SNAPSHOT_NAME_H
#define GCTXDBG_TARGET_SNAPSHOTS_SNAPSHOT_NAME_H

#include "dbg/target/tracing/inject.h"

/*
 * Makes the child call prctl(PR_SET_NAME). `injection` has its pid and registers, and the stub that
 * it is stopped in. The child's memory is unchanged afterwards; the target's is never changed. No
 * error if it keeps the old name, because a seccomp filter forbids the call or the text is shared.
 * After an error the child is unusable.
 */
struct error *snapshot_name(struct injection *injection);

#endif
