/* The child process that holds a snapshot of the target's memory. */
#include "dbg/target/snapshot_child.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/memory_room.h"
#include "dbg/target/proc_files.h"
#include "dbg/target/seccomp_check.h"
#include "dbg/target/tracee_table.h"

enum { DEATH_MS = 5000, REAP_MS = 100 };

/* The table of descriptors is shared at first, so that it need not be copied while the target
 * stands still. */
static const uint64_t clone_arguments[INJECT_ARGUMENTS] = {CLONE_FILES};
static const uint64_t close_arguments[INJECT_ARGUMENTS] = {0, UINT_MAX, CLOSE_RANGE_UNSHARE};

/* ---- Finding ---- */

/* Parent and exit signal of a process: fields 4 and 38 of /proc/PID/stat. */
static bool read_parent(pid_t pid, pid_t *ret_parent, int *ret_signal)
{
	char path[64];
	_cleanup_free_ char *text = NULL;
	size_t size;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (proc_read_file(path, &text, &size) != 0)
		return false;
	/* The name may contain anything, the last parenthesis ends it. */
	const char *at = strrchr(text, ')');
	if (!at || sscanf(at, ") %*c %d", ret_parent) != 1)
		return false;
	for (int field = 2; field < 38 && at; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, " %d", ret_signal) == 1;
}

/* Becomes the tracer of `pid` when it stands in the gadget. */
static bool catch_child(pid_t pid, uint64_t gadget)
{
	int status;
	struct user_regs_struct regs;
	struct iovec part = {&regs, sizeof(regs)};
	if (trace(PTRACE_SEIZE, pid, PTRACE_O_EXITKILL) != 0)
		return false;
	trace(PTRACE_INTERRUPT, pid, 0);
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return false;
	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part) == 0 && // NOLINT
		gadget_contains(gadget, regs.rip))
		return true;
	/* Not ours: it goes on, with the signal for which it stopped. */
	trace(PTRACE_SETOPTIONS, pid, 0);
	trace(PTRACE_DETACH, pid, status >> 16 ? 0 : (unsigned long)WSTOPSIG(status));
	return false;
}

bool snapshot_child_find(pid_t parent, uint64_t gadget, struct snapshot_child *ret)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return false;
	bool found = false;
	for (const struct dirent *entry = readdir(proc); entry && !found; entry = readdir(proc)) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10), its_parent;
		int signal;
		if (pid <= 0 || !read_parent(pid, &its_parent, &signal) || its_parent != parent ||
			signal != 0 || !catch_child(pid, gadget))
			continue;
		*ret = (struct snapshot_child){pid, proc_namespace_tid(pid), gadget};
		found = true;
	}
	closedir(proc);
	return found;
}

/* ---- Making ---- */

/* Whether children of the target would live in another pid namespace (the first one as its init,
 * whose death ends it). */
static bool children_live_elsewhere(pid_t tid)
{
	char path[64], own[64] = "", theirs[64] = "";
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", tid);
	ssize_t n = readlink(path, own, sizeof(own) - 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid_for_children", tid);
	return n > 0 && readlink(path, theirs, sizeof(theirs) - 1) > 0 && strcmp(own, theirs) != 0;
}

static struct error *check(pid_t pid, pid_t tid)
{
	const struct seccomp_call calls[] = {
		{SYS_clone, clone_arguments, "clone"},
		{SYS_close_range, close_arguments, "close_range"},
		{SYS_wait4, (const uint64_t[INJECT_ARGUMENTS]){1, 0, __WALL | WNOHANG}, "wait4"},
	};
	if (!tid)
		return error_create(ERROR_GONE, "process %d has exited", pid);
	if (children_live_elsewhere(tid))
		return error_create(ERROR_OTHER,
			"children of process %d would live in a pid namespace of their own", pid);
	return seccomp_check(tid, calls, array_length(calls));
}

/* The child is born stopped, see PTRACE_O_TRACECLONE. */
static struct error *await_birth(struct tracees *tracees, pid_t pid)
{
	int status;
	while (!tracees->foster_stopped) {
		pid_t got = waitpid(pid, &status, __WALL);
		if (got == pid)
			tracee_handle(tracees, pid, status);
		if ((got < 0 && errno != EINTR) || (got == pid && !WIFSTOPPED(status)))
			break;
	}
	if (!tracees->foster_stopped ||
		trace(PTRACE_SETOPTIONS, pid, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) != 0)
		return error_create(ERROR_OTHER, "the snapshot's process was killed at birth");
	return NULL;
}

/* Gives the child a table of descriptors of its own, and an empty one. */
static struct error *close_files(struct tracees *tracees, const struct snapshot_child *child)
{
	struct injection injection = {
		.tracees = tracees, .tid = child->pid, .own.gadget = child->gadget};
	struct iovec part = {&injection.own.regs, sizeof(injection.own.regs)};
	int64_t result;
	if (ptrace(PTRACE_GETREGSET, child->pid, (void *)NT_PRSTATUS, &part) != 0) // NOLINT
		return error_create(ERROR_OTHER, "the snapshot's process was killed at birth");
	struct error *err = inject_syscall(&injection, SYS_close_range, close_arguments, &result);
	if (!err && result != 0)
		err = error_system(
			(int)-result, "the snapshot's process cannot close its copies of files");
	return err;
}

struct error *snapshot_child_settle(struct tracees *tracees, const struct snapshot_child *child)
{
	struct error *err = await_birth(tracees, child->pid);
	if (err)
		return err;
	memory_room_offer(child->pid);
	return close_files(tracees, child);
}

static struct error *clone_failed(const struct tracees *tracees, int errnum)
{
	if (errnum == EAGAIN)
		return error_create(ERROR_OTHER,
			"process %d may not have another process beside it (a limit on processes: "
			"RLIMIT_NPROC, "
			"pids.max of its cgroup)",
			tracees->pid);
	if (errnum == ENOMEM)
		return error_create(ERROR_OTHER,
			"there is not enough memory for a copy of process %d", tracees->pid);
	return error_system(errnum, "process %d cannot be cloned", tracees->pid);
}

static struct error *make(struct injection *injection, struct snapshot_child *ret)
{
	int64_t result;
	if (injection->guardian)
		guardian_note_clone(injection->guardian);
	struct error *err = inject_syscall(injection, SYS_clone, clone_arguments, &result);
	if (err)
		return err;
	if (result <= 0 || !injection->child) {
		if (injection->guardian)
			guardian_note_child(injection->guardian, 0, 0);
		return clone_failed(injection->tracees, result < 0 ? (int)-result : ECHILD);
	}
	*ret = (struct snapshot_child){injection->child, (pid_t)result, injection->own.gadget};
	injection->tracees->foster = ret->pid;
	injection->tracees->foster_stopped = false;
	if (injection->guardian)
		guardian_note_child(injection->guardian, ret->pid, ret->ns_pid);
	return NULL;
}

struct error *snapshot_child_create(
	struct tracees *tracees, struct guardian *guardian, struct snapshot_child *ret)
{
	pid_t tid = inject_choose(tracees);
	struct injection injection;
	struct error *err = check(tracees->pid, tid);
	if (!err)
		err = inject_begin(tracees, tid, guardian, &injection);
	if (err)
		return err;
	struct snapshot_child child = {0};
	err = make(&injection, &child);
	struct error *end = inject_end(&injection);
	if (!err)
		err = end;
	else
		error_destroy(end);
	if (err && child.pid)
		error_destroy(snapshot_child_end(tracees, guardian, &child));
	if (!err)
		*ret = child;
	return err;
}

/* ---- Ending ---- */

/* Until it is a zombie that is nobody's tracee. */
static void await_death(pid_t pid)
{
	for (int ms = 0; ms < DEATH_MS; ms++) {
		int status;
		struct process_status process;
		pid_t got = waitpid(pid, &status, __WALL | WNOHANG);
		if (got == pid && !WIFSTOPPED(status))
			return;
		if (got < 0 && (proc_read_status(pid, &process) != 0 ||
				       (process.state == 'Z' && !process.tracer)))
			return;
		poll(NULL, 0, 1);
	}
}

void snapshot_child_kill(const struct snapshot_child *child)
{
	kill(child->pid, SIGKILL);
	await_death(child->pid);
}

static struct error *reap(struct injection *injection, const struct snapshot_child *child)
{
	const uint64_t arguments[INJECT_ARGUMENTS] = {
		(uint64_t)child->ns_pid, 0, __WALL | WNOHANG, 0};
	int64_t result = 0;
	struct error *err = NULL;
	for (int ms = 0; !err && result == 0 && ms < REAP_MS; ms++) {
		if (ms)
			poll(NULL, 0, 1);
		err = inject_syscall(injection, SYS_wait4, arguments, &result);
	}
	/* ECHILD: it is not there any more, whoever has reaped it. */
	if (!err && result != child->ns_pid && result != -ECHILD)
		err = error_create(ERROR_OTHER,
			"process %d could not be made to reap the snapshot's process %d, which "
			"stays as a zombie",
			injection->tracees->pid, child->pid);
	return err;
}

struct error *snapshot_child_end(
	struct tracees *tracees, struct guardian *guardian, const struct snapshot_child *child)
{
	snapshot_child_kill(child);
	const struct seccomp_call call = {SYS_wait4,
		(const uint64_t[INJECT_ARGUMENTS]){(uint64_t)child->ns_pid, 0, __WALL | WNOHANG},
		"wait4"};
	struct injection injection;
	pid_t tid;
	struct error *err = inject_choose_allowed(tracees, &call, 1, &tid);
	if (!err)
		err = inject_begin(tracees, tid, guardian, &injection);
	if (err)
		return err;
	err = reap(&injection, child);
	struct error *end = inject_end(&injection);
	if (!err)
		err = end;
	else
		error_destroy(end);
	if (!err && guardian)
		guardian_note_child(guardian, 0, 0);
	return err;
}
