/* One thread of a process: its mask, and stopping one for what any of them can do. */
#include <poll.h>
#include <sys/wait.h>

#include "dbg/target/proc_files.h"
#include "dbg/target/tracee_table.h"

enum { ONE_MS = 200, LONGER_MS = 2 };

bool tracee_get_mask(pid_t tid, uint64_t *ret)
{
	return ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof(*ret), ret) == 0; // NOLINT
}

bool tracee_set_mask(pid_t tid, uint64_t mask)
{
	return ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(mask), &mask) == 0; // NOLINT
}

/* Gives the thread a while to stop. Most stop at once; one that does not (an uninterruptible wait)
 * must not hold us up. */
static bool await_stop(struct tracees *tracees, pid_t tid)
{
	for (int ms = 0; ms < ONE_MS; ms += LONGER_MS) {
		int status;
		if (waitpid(tid, &status, __WALL | __WNOTHREAD | WNOHANG) == tid)
			tracee_handle(tracees, tid, status);
		const struct tracee *tracee = tracee_find(tracees, tid);
		if (!tracee || tracee->condition == TRACEE_STOPPED)
			return tracee;
		tracees_wait(tracees, -1, LONGER_MS);
	}
	return false;
}

struct error *tracees_stop_one(struct tracees *tracees)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0;
	tracees->mode = TRACING_STOPPING;
	int errnum = proc_list_threads(tracees->pid, &tids, &count);
	for (size_t i = 0; !errnum && i < count; i++) {
		bool added;
		struct error *err = tracees_seize_if_alive(tracees, tids[i], &added);
		if (err)
			return err;
		if (added && await_stop(tracees, tids[i]))
			return NULL;
	}
	return error_create(
		ERROR_GONE, "process %d has no thread that can be stopped", tracees->pid);
}
