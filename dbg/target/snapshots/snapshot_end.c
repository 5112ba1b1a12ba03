/* The end of the child process that holds a snapshot: killing it, and having the target reap it. */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/snapshots/snapshot_child.h"
#include "dbg/target/tracing/tracee_table.h"

enum { DEATH_CHECK_MS = 20, RELEASE_CHECK_MS = 2, REAP_ATTEMPTS = 3, CATCH_MS = 1000 };

/* ---- Which process it is ---- */

struct stat_fields {
	pid_t parent;	 /* field 4 of /proc/PID/stat */
	uint64_t start;	 /* 22 */
	int exit_signal; /* 38 */
};

static bool read_stat(pid_t pid, struct stat_fields *ret)
{
	char path[64];
	_cleanup_free_ char *text = NULL;
	size_t size;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (proc_read_file(path, &text, &size) != 0)
		return false;
	/* The name may contain anything, the last parenthesis ends it. */
	const char *at = strrchr(text, ')');
	int last = 2;
	for (int field = 3; at && field <= 38; field++) {
		at = strchr(at + 1, ' ');
		if (!at || (field == 4 && sscanf(at, " %d", &ret->parent) != 1) ||
			(field == 22 && sscanf(at, " %" SCNu64, &ret->start) != 1) ||
			(field == 38 && sscanf(at, " %d", &ret->exit_signal) != 1))
			return false;
		last = field;
	}
	return last == 38;
}

uint64_t snapshot_process_start(pid_t pid)
{
	struct stat_fields fields;
	return read_stat(pid, &fields) ? fields.start : 0;
}

/* Whether the number is still the child's, and not that of a process that came after it. */
static bool is_there(const struct snapshot_child *child)
{
	uint64_t start = snapshot_process_start(child->pid);
	return start && (!child->start || start == child->start);
}

/* ---- Finding ---- */

/* Becomes the tracer of `pid` when it stands in the stub. */
static bool catch_child(pid_t pid, uint64_t stub)
{
	int status;
	struct user_regs_struct regs;
	struct iovec part = {&regs, sizeof(regs)};
	if (ptrace_simple(PTRACE_SEIZE, pid, 0) != 0)
		return false;
	ptrace_simple(PTRACE_INTERRUPT, pid, 0);
	/* One that does not stop is let go when we end. */
	pid_t stopped = 0;
	for (int ms = 0; !stopped && ms < CATCH_MS; ms++) {
		stopped = waitpid(pid, &status, __WALL | WNOHANG);
		if (!stopped)
			poll(NULL, 0, 1);
	}
	if (stopped != pid || !WIFSTOPPED(status))
		return false;
	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part) == 0 && // NOLINT
		syscall_stub_contains(stub, regs.rip))
		return ptrace_simple(PTRACE_SETOPTIONS, pid, PTRACE_O_EXITKILL) == 0;
	/* Not ours: it goes on, with the signal for which it stopped. */
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
		struct stat_fields fields;
		if (pid <= 0 || !read_stat(pid, &fields) || fields.parent != parent ||
			fields.exit_signal != 0 || !catch_child(pid, stub))
			continue;
		*ret = (struct snapshot_child){pid, proc_namespace_tid(pid), fields.start, stub};
		found = true;
	}
	closedir(proc);
	return found;
}

/* ---- Ending ---- */

void snapshot_child_kill(const struct snapshot_child *child)
{
	/* The descriptor first: what it names does not change any more. */
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	int errnum = errno;
	if (!is_there(child))
		return;
	if (pidfd >= 0)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	else if (errnum != ESRCH)
		kill(child->pid, SIGKILL);
}

/* A zombie that is nobody's tracee, or gone. */
static bool can_be_reaped(const struct snapshot_child *child)
{
	struct process_status process;
	return !is_there(child) || proc_read_status(child->pid, &process) != 0 ||
	       (process.state == 'Z' && !process.tracer);
}

bool snapshot_child_await(
	struct tracees *tracees, const struct snapshot_child *child, int64_t patience_ns)
{
	int64_t deadline = monotonic_now() + patience_ns;
	while (!can_be_reaped(child)) {
		/* As its tracer we are told of its death first, and take note of it. */
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

static struct error *wait_for_it(struct injection *injection, const struct snapshot_child *child)
{
	const uint64_t arguments[INJECT_ARGUMENTS] = {
		(uint64_t)child->ns_pid, 0, __WALL | WNOHANG, 0};
	int64_t result = 0;
	struct error *err = NULL;
	for (int i = 0; !err && result == 0 && i < REAP_ATTEMPTS; i++)
		err = inject_syscall(injection, SYS_wait4, arguments, &result);
	/* ECHILD: it is not there any more, whoever has reaped it. */
	if (!err && result != child->ns_pid && result != -ECHILD)
		err = error_create(ERROR_OTHER,
			"process %d does not reap it (wait4 answers %" PRId64 ")",
			injection->tracees->pid, result);
	return err;
}

/* In the thread of the target that may. */
static struct error *have_it_reaped(
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
	err = wait_for_it(&injection, child);
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
			ERROR_OTHER, "the snapshot's process %d does not die", child->pid);
	/* Another child of the target may have its number by now. */
	struct error *err = is_there(child) ? have_it_reaped(tracees, log, child) : NULL;
	if (!err)
		undo_log_forget_child(log, child->pid);
	return err;
}
