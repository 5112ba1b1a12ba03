/* Creating the child process that holds a snapshot: clone, injected into one thread. */
#include "dbg/target/snapshots/snapshot_child.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/snapshots/memory_room.h"
#include "dbg/target/snapshots/snapshot_name.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/process/seccomp_check.h"
#include "dbg/target/tracing/tracee_table.h"

enum { CLONE_ATTEMPTS = 20 };

/* ERESTARTNOINTR, which the kernel uses internally: a signal was pending, repeat the call. */
static const int64_t again_after_signal = -513;

/* The descriptor table is shared at first, so that it need not be copied while the target is
 * stopped. */
static const uint64_t clone_arguments[INJECT_ARGUMENTS] = {CLONE_FILES};
static const uint64_t close_arguments[INJECT_ARGUMENTS] = {0, UINT_MAX, CLOSE_RANGE_UNSHARE};

/* Whether children of the target would be in another pid namespace; the first one would be its
 * init, whose death ends the namespace. */
static bool has_child_namespace(pid_t tid)
{
	char own[64], theirs[64];
	return proc_read_namespace(tid, "ns/pid", own) &&
	       proc_read_namespace(tid, "ns/pid_for_children", theirs) && strcmp(own, theirs) != 0;
}

static struct error *check_allowed(pid_t pid, pid_t tid)
{
	const struct seccomp_call calls[] = {
		{SYS_clone, clone_arguments, "clone"},
		{SYS_close_range, close_arguments, "close_range"},
		{SYS_wait4, (const uint64_t[INJECT_ARGUMENTS]){1, 0, __WALL | WNOHANG}, "wait4"},
	};
	if (!tid)
		return error_create(ERROR_GONE, "process %d has exited", pid);
	if (has_child_namespace(tid))
		return error_create(ERROR_OTHER,
			"cannot copy process %d: its children would be in a separate PID namespace",
			pid);
	return seccomp_check(tid, calls, array_length(calls));
}

/* The child starts stopped, because of PTRACE_O_TRACECLONE. */
static struct error *await_first_stop(struct tracees *tracees, pid_t pid)
{
	int status;
	while (!tracees->snapshot_stopped) {
		pid_t got = waitpid(pid, &status, __WALL);
		if (got == pid)
			tracee_handle(tracees, pid, status);
		if ((got < 0 && errno != EINTR) || (got == pid && !WIFSTOPPED(status)))
			break;
	}
	if (!tracees->snapshot_stopped || ptrace_simple(PTRACE_SETOPTIONS, pid,
						  PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) != 0)
		return error_create(
			ERROR_OTHER, "the snapshot's process was killed as soon as it was created");
	return NULL;
}

/* Gives the child its own, empty descriptor table, and its name. */
static struct error *separate(struct tracees *tracees, const struct snapshot_child *child)
{
	struct injection injection = {
		.tracees = tracees, .tid = child->pid, .own.stub = child->stub};
	int64_t result;
	if (!tracee_get_regs(child->pid, &injection.own.regs))
		return error_create(
			ERROR_OTHER, "the snapshot's process was killed as soon as it was created");
	struct error *err = inject_syscall(&injection, SYS_close_range, close_arguments, &result);
	if (!err && result != 0)
		err = error_system((int)-result,
			"the snapshot's process cannot close its inherited file descriptors");
	return err ? err : snapshot_name(&injection);
}

struct error *snapshot_child_settle(struct tracees *tracees, const struct snapshot_child *child)
{
	struct error *err = await_first_stop(tracees, child->pid);
	if (err)
		return err;
	memory_room_offer(child->pid);
	return separate(tracees, child);
}

static struct error *clone_failed(const struct tracees *tracees, int errnum)
{
	if (errnum == EAGAIN)
		return error_create(ERROR_OTHER,
			"process %d cannot create another process: it has reached a process "
			"limit (RLIMIT_NPROC, or pids.max of its cgroup)",
			tracees->pid);
	if (errnum == -again_after_signal)
		return error_create(ERROR_OTHER,
			"cannot copy process %d: it receives too many signals", tracees->pid);
	if (errnum == ENOMEM)
		return error_create(ERROR_OTHER,
			"there is not enough memory for a copy of process %d", tracees->pid);
	return error_system(errnum, "cannot copy process %d", tracees->pid);
}

static struct error *inject_clone(struct injection *injection, struct snapshot_child *ret)
{
	int64_t result = again_after_signal;
	undo_log_note_clone(injection->log, true);
	for (int i = 0; i < CLONE_ATTEMPTS && result == again_after_signal; i++) {
		struct error *err = inject_syscall(injection, SYS_clone, clone_arguments, &result);
		if (err)
			return err;
	}
	if (result <= 0 || !injection->child) {
		undo_log_note_clone(injection->log, false);
		return clone_failed(injection->tracees, result < 0 ? (int)-result : ECHILD);
	}
	*ret = (struct snapshot_child){injection->child, (pid_t)result,
		snapshot_process_start(injection->child), injection->own.stub};
	injection->tracees->snapshot_tid = ret->pid;
	injection->tracees->snapshot_stopped = false;
	return undo_log_note_child(injection->log, ret->pid, ret->ns_pid, ret->start);
}

struct error *snapshot_child_create(
	struct tracees *tracees, struct undo_log *log, struct snapshot_child *ret)
{
	pid_t tid = inject_choose(tracees);
	struct injection injection;
	struct error *err = check_allowed(tracees->pid, tid);
	if (!err)
		err = inject_begin(tracees, tid, log, &injection);
	if (err)
		return err;
	struct snapshot_child child = {0};
	err = inject_clone(&injection, &child);
	struct error *end = inject_end(&injection);
	if (!err)
		err = end;
	else
		error_destroy(end);
	*ret = child;
	return err;
}
