/* Ending the child process that holds a snapshot: kill it, and have the target reap it. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/snapshots/snapshot_child.h"
#include "dbg/target/tracing/tracee_table.h"

enum { DEATH_CHECK_MS = 20, RELEASE_CHECK_MS = 2, REAP_ATTEMPTS = 3, CATCH_MS = 10000 };

/* ---- Identity ---- */

uint64_t snapshot_process_start(pid_t pid)
{
	struct process_stat stat;
	return proc_read_stat(pid, &stat) == 0 ? stat.start : 0;
}

/* Whether the pid is still the child's, and not that of a later process. */
static bool still_exists(const struct snapshot_child *child)
{
	struct process_stat stat;
	int errnum = proc_read_stat(child->pid, &stat);
	/* Unreadable, for lack of a descriptor perhaps: only we have it reaped, so the pid is still
	 * its own. */
	if (errnum)
		return errnum != ENOENT && errnum != ESRCH;
	return !child->start || stat.start == child->start;
}

/* ---- Finding ---- */

static bool is_our_tracee(pid_t pid)
{
	struct process_status status;
	return proc_read_status(pid, &status) == 0 && status.tracer == (pid_t)syscall(SYS_gettid);
}

/*
 * Seizes `pid` if it is stopped in the stub. It is our tracee already if its parent was when it
 * made the call (PTRACE_O_TRACECLONE): the debugger died before the call, and we were faster.
 */
static bool catch_child(pid_t pid, uint64_t stub)
{
	int status;
	struct user_regs_struct regs;
	if (ptrace_simple(PTRACE_SEIZE, pid, 0) != 0 && !is_our_tracee(pid))
		return false;
	ptrace_simple(PTRACE_INTERRUPT, pid, 0);
	/* On a busy machine it needs time to stop. If it does not, the kernel detaches it when we
	 * exit. */
	pid_t stopped = 0;
	for (int ms = 0; !stopped && ms < CATCH_MS; ms++) {
		stopped = waitpid(pid, &status, __WALL | WNOHANG);
		if (!stopped)
			poll(NULL, 0, 1);
	}
	if (stopped != pid || !WIFSTOPPED(status))
		return false;
	if (tracee_get_regs(pid, &regs) && syscall_stub_contains(stub, regs.rip))
		return ptrace_simple(PTRACE_SETOPTIONS, pid, PTRACE_O_EXITKILL) == 0;
	/* Not a snapshot: resume it, with the signal that it stopped for. */
	ptrace_simple(PTRACE_DETACH, pid, status >> 16 ? 0 : (unsigned long)WSTOPSIG(status));
	return false;
}

bool snapshot_child_find(pid_t parent, uint64_t stub, struct snapshot_child *ret)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return false;
	bool found = false;
	for (const struct dirent *entry = readdir(proc); entry && !found; entry = readdir(proc)) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct process_stat stat;
		if (pid <= 0 || proc_read_stat(pid, &stat) != 0 || stat.parent != parent ||
			stat.exit_signal != 0 || !catch_child(pid, stub))
			continue;
		*ret = (struct snapshot_child){pid, proc_namespace_tid(pid), stat.start, stub};
		found = true;
	}
	closedir(proc);
	return found;
}

/* ---- Ending ---- */

void snapshot_child_kill(const struct snapshot_child *child)
{
	/* Open the descriptor before the check: from then on it refers to the same process. */
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	int errnum = errno;
	if (!still_exists(child))
		return;
	if (pidfd >= 0)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	else if (errnum != ESRCH)
		kill(child->pid, SIGKILL);
}

/* Whether it is an untraced zombie, or does not exist any more. */
static bool can_be_reaped(const struct snapshot_child *child)
{
	struct process_status process;
	return !still_exists(child) || proc_read_status(child->pid, &process) != 0 ||
	       (process.state == 'Z' && !process.tracer);
}

bool snapshot_child_await(
	struct tracees *tracees, const struct snapshot_child *child, int64_t patience_ns)
{
	int64_t deadline = monotonic_now() + patience_ns;
	while (!can_be_reaped(child)) {
		/* As its tracer we must collect its death before its parent can. */
		bool any = tracees_pump(tracees);
		if (monotonic_now() > deadline)
			return can_be_reaped(child);
		struct process_status process;
		bool dead = proc_read_status(child->pid, &process) == 0 && process.state == 'Z';
		if (!any)
			tracees_wait(tracees, -1, dead ? RELEASE_CHECK_MS : DEATH_CHECK_MS);
	}
	return true;
}

static struct error *inject_wait(struct injection *injection, const struct snapshot_child *child)
{
	const uint64_t arguments[INJECT_ARGUMENTS] = {
		(uint64_t)child->ns_pid, 0, __WALL | WNOHANG, 0};
	int64_t result = 0;
	struct error *err = NULL;
	for (int i = 0; !err && result == 0 && i < REAP_ATTEMPTS; i++)
		err = inject_syscall(injection, SYS_wait4, arguments, &result);
	/* ECHILD: it has already been reaped. */
	if (!err && result != child->ns_pid && result != -ECHILD)
		err = error_create(ERROR_OTHER,
			"process %d does not reap it (wait4 returned %" PRId64 ")",
			injection->tracees->pid, result);
	return err;
}

/* Reaps in a thread of the target that is allowed to call wait4. */
static struct error *reap_in_target(
	struct tracees *tracees, struct undo_log *log, const struct snapshot_child *child)
{
	const struct seccomp_call call = {SYS_wait4,
		(const uint64_t[INJECT_ARGUMENTS]){(uint64_t)child->ns_pid, 0, __WALL | WNOHANG},
		"wait4"};
	struct injection injection;
	pid_t tid;
	struct error *err = inject_choose_allowed(tracees, &call, 1, &tid);
	if (!err)
		err = inject_begin(tracees, tid, log, &injection);
	if (err)
		return err;
	err = inject_wait(&injection, child);
	struct error *end = inject_end(&injection);
	if (!err)
		return end;
	error_destroy(end);
	return err;
}

struct error *snapshot_child_reap(
	struct tracees *tracees, struct undo_log *log, const struct snapshot_child *child)
{
	if (!can_be_reaped(child))
		return error_create(
			ERROR_OTHER, "the snapshot's process %d has not exited yet", child->pid);
	/* Another child of the target may have its pid by now. */
	struct error *err = still_exists(child) ? reap_in_target(tracees, log, child) : NULL;
	if (!err)
		undo_log_forget_child(log, child->pid);
	return err;
}
