/* Stopping one thread of a process, for a task that any of its threads can do. */
#include <signal.h>
#include <sys/wait.h>

#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/tracee_table.h"

enum { EACH_MS = 20, CHECK_MS = 2 };

static const int64_t one_ns = INT64_C(2000000000);

/* Whether all threads have exited. The main thread may do so before the others. */
static bool has_exited(pid_t pid)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0;
	return !proc_is_alive(pid) && (proc_list_threads(pid, &tids, &count) != 0 || count <= 1);
}

/* Waits until a thread is stopped. False: none is at `until_ns` (CLOCK_MONOTONIC), or all have
 * exited. */
static bool await_any(struct tracees *tracees, int64_t until_ns)
{
	for (;;) {
		bool any = tracees_pump(tracees);
		if (tracees_any_stopped(tracees))
			return true;
		if (monotonic_now() > until_ns || (!any && has_exited(tracees->pid)))
			return false;
		if (!any)
			tracees_wait(tracees, -1, CHECK_MS);
	}
}

/* Seizes and interrupts a thread. It may still be a tracee, if it did not stop in time when the
 * process was detached. */
static void interrupt(struct tracees *tracees, pid_t tid)
{
	bool added;
	if (tracee_find(tracees, tid))
		ptrace_simple(PTRACE_INTERRUPT, tid, 0);
	else
		error_destroy(tracees_seize_if_alive(tracees, tid, &added));
}

struct error *tracees_stop_one(struct tracees *tracees)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0;
	int64_t deadline = monotonic_now() + one_ns;
	tracees->mode = TRACING_STOPPING;
	int errnum = proc_list_threads(tracees->pid, &tids, &count);
	/* Most threads stop immediately. Try the next one if a thread does not (an uninterruptible
	 * wait, a busy machine). */
	for (size_t i = 0; !errnum && i < count && monotonic_now() < deadline; i++) {
		interrupt(tracees, tids[i]);
		if (await_any(tracees, monotonic_now() + EACH_MS * INT64_C(1000000)))
			return NULL;
	}
	if (!errnum && await_any(tracees, deadline))
		return NULL;
	if (has_exited(tracees->pid))
		return error_create(ERROR_GONE, "process %d has exited", tracees->pid);
	return error_create(ERROR_OTHER, "no thread of process %d can be stopped", tracees->pid);
}
