/*
 * The guardian: a process that outlives the debugger if that is killed, and then undoes what the
 * debugger has changed in the target.
 *
 * What is about to be changed is noted in its undo log (undo_log.h), in memory that both processes
 * share. When the debugger has died the guardian
 *
 *   1. restores all noted bytes through /proc/PID/mem (immediately: the kernel closes our files
 *      before it releases our tracees)
 *   2. seizes and stops all threads (unless only children are noted), and restores the registers of
 *      the thread that is in an injected system call
 *   3. waits until no thread executes in a noted region or has a signal frame that returns there
 *   4. makes the noted undo calls in the target, the latest first
 *   5. detaches from the target
 *   6. waits for the death of noted children, which it has killed already, and stops one thread for
 *      a moment to have them reaped; if that fails it tries again at growing intervals
 *   7. ends. It also ends when the target dies or executes another program: then there is nothing
 *      left to undo.
 *
 * It is named "gctxdbg-guard", is in a session of its own, ignores signals, holds no descriptor of
 * the debugger, and sleeps. guardian.c is the debugger's side; guardian_run.h describes the
 * process.
 *
 * Only the tracer thread may call these functions.
 */
#ifndef GCTXDBG_TARGET_GUARDIAN_GUARDIAN_H
#define GCTXDBG_TARGET_GUARDIAN_GUARDIAN_H

#include <sys/types.h>

#include "dbg/target/tracing/undo_log.h"

struct guardian;

/* Starts one for process `pid`, with an empty undo log. */
struct error *guardian_create(pid_t pid, struct guardian **ret);

/*
 * Ends it and frees its log. If there are notes left it undoes them first, as if the debugger had
 * died, once the calling thread no longer traces the target: detach first. Waits at most a second
 * for its end. NULL is fine.
 */
void guardian_destroy(struct guardian *guardian);

/* The log that it works from; it belongs to the guardian. NULL for NULL. */
struct undo_log *guardian_log(const struct guardian *guardian);

/* Its pid, for tests. */
pid_t guardian_pid(const struct guardian *guardian);

#endif
