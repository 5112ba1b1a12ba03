/*
 * Running the target and waiting until it stops. This folder holds the commands that resume, stop,
 * snapshot and leave the target. It may use commands/breakpoints, whose traps it arms, and
 * everything below; `ctx check` uses session_let_run().
 */
#ifndef GCTXDBG_COMMANDS_RUNNING_RUN_H
#define GCTXDBG_COMMANDS_RUNNING_RUN_H

#include "commands/session/session_target.h"

/*
 * Waits until the target stops or is gone. At wait->deadline_ns, after wait->hit_limit hits or on
 * Ctrl-C it stops the target. Returns the first error of a breakpoint's command list.
 */
struct error *run_wait_for_stop(struct session *session, struct stop_wait *wait);

/* CLOCK_MONOTONIC `duration_ns` from now; INT64_MAX on overflow. */
int64_t run_deadline_after(int64_t duration_ns);

/*
 * Resumes a stopped live target for `duration_ns` (or until it stops by itself, or Ctrl-C), stops
 * it again and drops what was read before. ERROR_GONE when it has exited or cannot run,
 * ERROR_CANCELLED after Ctrl-C.
 */
struct error *session_let_run(struct session *session, int64_t duration_ns);

#endif
