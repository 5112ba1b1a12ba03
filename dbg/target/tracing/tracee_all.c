/* Stopping, resuming and detaching all threads of a process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/tracee_hooks.h"
#include "dbg/target/tracing/tracee_table.h"

enum { STRAGGLER_CHECK_MS = 20, LEAVE_NS = 500000000, MAX_MISSES = 1000 };

pid_t tracees_any_stopped(const struct tracees *tracees)
{
	struct tracee *tracee = tracee_find(tracees, tracees->pid), *next;
	if (tracee && tracee->state == TRACEE_STOPPED)
		return tracee->tid;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state == TRACEE_STOPPED)
			return tracee->tid;
	}
	return 0;
}

void tracees_wait(struct tracees *tracees, int other_fd, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = tracees->child_fd, .events = POLLIN},
		{.fd = other_fd, .events = POLLIN},
	};
	if (poll(fds, array_length(fds), timeout_ms) > 0 && fds[0].revents & POLLIN) {
		struct signalfd_siginfo info;
		/* One read is enough, because SIGCHLDs do not queue. The caller reaps until there
		 * are no more reports. */
		while (read(tracees->child_fd, &info, sizeof(info)) < 0 && errno == EINTR)
			;
	}
}

/*
 * Checks each running thread by its tid. With thousands of tracees that is much cheaper than
 * waitpid(-1), which searches all of them for each report.
 */
static bool sweep(struct tracees *tracees)
{
	size_t generation = tracees->generation;
	bool any = false;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state != TRACEE_RUNNING || !tracee_take_report(tracees, tracee->tid))
			continue;
		any = true;
		if (tracees->generation != generation)
			return true;
	}
	return any;
}

/* Finds threads that end without a report: a main thread that exits before the others, and threads
 * that an exec has killed. */
static void check_stragglers(struct tracees *tracees)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		struct process_status status;
		if (tracee->state != TRACEE_RUNNING)
			continue;
		int errnum = proc_read_status(tracee->tid, &status);
		if (errnum == ENOENT || errnum == ESRCH ||
			(!errnum && status.tracer != tracees->tracer))
			tracee_remove(tracees, tracee);
		else if (!errnum && status.state == 'Z' && tracee->tid == tracees->pid)
			tracee_set_state(tracees, tracee, TRACEE_ZOMBIE);
	}
}

/* Whether a thread that has not stopped is in an uninterruptible wait, not just without a CPU. */
static bool any_is_blocked(struct tracees *tracees)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		struct process_status status;
		if (tracee->state == TRACEE_RUNNING &&
			proc_read_status(tracee->tid, &status) == 0 && status.state == 'D')
			return true;
	}
	return false;
}

static struct error *does_not_stop(struct tracees *tracees)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		struct process_status status = {.state = '?'};
		if (tracee->state != TRACEE_RUNNING || proc_read_status(tracee->tid, &status) != 0)
			continue;
		char name[16], wchan[64];
		proc_read_comm(tracee->tid, name);
		proc_read_wchan(tracee->tid, wchan, sizeof(wchan));
		return error_create(ERROR_OTHER,
			"cannot stop process %d, which keeps running: its thread %d (%s) did not "
			"stop in time and is in state %c%s%s%s; try again later",
			tracees->pid, tracee->tid, name, status.state,
			status.state == 'D' ? " (an uninterruptible wait: disk, NFS, vfork)" : "",
			wchan[0] ? " in the kernel's " : "", wchan);
	}
	return error_create(ERROR_OTHER,
		"cannot stop process %d: it creates threads faster than gctxdbg can stop "
		"them; it keeps running; try again",
		tracees->pid);
}

struct error *tracees_gone(const struct tracees *tracees)
{
	if (tracees->execed)
		return error_create(ERROR_GONE,
			"process %d called exec and now runs another program; detached from it",
			tracees->pid);
	return error_create(ERROR_GONE, "process %d has exited", tracees->pid);
}

static bool is_readable(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	return poll(&readable, 1, 0) > 0;
}

/* Waits until no thread runs. `deadline` is in CLOCK_MONOTONIC. */
static struct error *await_stops(
	struct tracees *tracees, const struct stop_limits *limits, int64_t deadline)
{
	int64_t progress = monotonic_now();
	while (tracees->running) {
		size_t before = tracees->running;
		bool any = sweep(tracees);
		any |= tracees_pump(tracees);
		if (tracees->execed || tracees->ended)
			break;
		if (tracees->no_memory)
			return error_no_memory();
		int64_t now = monotonic_now();
		if (tracees->running < before)
			progress = now;
		if (now > deadline || now - progress > limits->progress_ns)
			return does_not_stop(tracees);
		if (limits->cancel && atomic_load(limits->cancel))
			return error_create(ERROR_CANCELLED,
				"interrupted; process %d keeps "
				"running",
				tracees->pid);
		if (limits->leave_fd && is_readable(limits->leave_fd))
			return error_create(ERROR_CANCELLED,
				"gctxdbg was terminated by a signal; process %d keeps running",
				tracees->pid);
		if (any)
			continue;
		tracees_wait(tracees, limits->leave_fd ? limits->leave_fd : -1, STRAGGLER_CHECK_MS);
		if (sweep(tracees))
			continue;
		check_stragglers(tracees);
		if (limits->blocked_ns && monotonic_now() - progress > limits->blocked_ns &&
			any_is_blocked(tracees))
			return does_not_stop(tracees);
	}
	return tracees->execed || tracees->ended ? tracees_gone(tracees) : NULL;
}

/* Whether `tid` is in the table. Removes a dead main thread whose id now belongs to a thread that
 * called exec and is not our tracee. */
static bool is_tracee(struct tracees *tracees, pid_t tid)
{
	struct tracee *tracee = tracee_find(tracees, tid);
	if (!tracee || tracee->state != TRACEE_ZOMBIE)
		return tracee;
	struct process_status status;
	if (proc_read_status(tid, &status) == 0 && status.state == 'Z')
		return true;
	tracee_remove(tracees, tracee);
	return false;
}

/*
 * Seizes the threads in /proc that are not in the table. `*ret_unknown`: there were some, perhaps
 * gone already; each may have created another one that this listing missed.
 */
static struct error *seize_new(struct tracees *tracees, bool *ret_unknown)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0;
	*ret_unknown = false;
	int errnum = proc_list_threads(tracees->pid, &tids, &count);
	if (errnum == ENOENT || errnum == ESRCH)
		return NULL;
	if (errnum)
		return error_system(errnum, "cannot list the threads of process %d", tracees->pid);
	for (size_t i = 0; i < count; i++) {
		if (is_tracee(tracees, tids[i]))
			continue;
		bool added;
		struct error *err = tracees_seize_if_alive(tracees, tids[i], &added);
		if (err)
			return err;
		/* A main thread that has exited stays in the list as long as others live. */
		bool old_zombie = !added && tids[i] == tracees->pid && tracees->main_was_zombie;
		tracees->main_was_zombie |= !added && tids[i] == tracees->pid;
		*ret_unknown |= !old_zombie;
	}
	return NULL;
}

/*
 * Whether all that have reported a stop are still stopped. If the exec of another thread kills
 * them, the main thread vanishes without a report, and its id passes to a thread that runs.
 */
static bool all_are_stopped(struct tracees *tracees)
{
	bool stopped = true;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		unsigned long message;
		if (tracee->state != TRACEE_STOPPED ||
			ptrace(PTRACE_GETEVENTMSG, tracee->tid, NULL, &message) == 0)
			continue;
		tracee_set_state(tracees, tracee, TRACEE_RUNNING);
		ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
		stopped = false;
	}
	return stopped;
}

/*
 * Whether the kernel counts no more threads than the table has. Listings alone are not enough: if
 * each thread creates its successor and dies, each listing can miss one, because the kernel's walk
 * through the list ends, or skips, where a thread has gone.
 */
static bool all_are_known(const struct tracees *tracees)
{
	struct process_status status;
	if (proc_read_status(tracees->pid, &status) != 0)
		return true; /* it is gone */
	bool zombie = tracees->main_was_zombie && !tracee_find(tracees, tracees->pid);
	return status.threads <= HASH_COUNT(tracees->table) + zombie;
}

struct error *tracees_stop(struct tracees *tracees, const struct stop_limits *limits)
{
	int64_t deadline = monotonic_now() + limits->total_ns;
	/* Another process may have its pid now. */
	if (tracees->execed || tracees->ended)
		return tracees_gone(tracees);
	tracees->mode = TRACING_STOPPING;
	tracees->main_was_zombie = false;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state == TRACEE_RUNNING)
			ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
	}
	/*
	 * All threads are stopped if all known ones are and a listing made after that shows no
	 * other. (An earlier listing may miss threads: the kernel's walk ends where a thread dies.)
	 */
	for (int misses = 0;; misses++) {
		bool settled = !tracees->running, unknown;
		struct error *err = seize_new(tracees, &unknown);
		if (!err)
			err = await_stops(tracees, limits, deadline);
		if (err)
			return err;
		/* The kernel counts a dying thread for a moment longer than it lists it. */
		if (settled && !unknown && (misses > MAX_MISSES || all_are_known(tracees)) &&
			all_are_stopped(tracees))
			return tracees_any_stopped(tracees) ? NULL : tracees_gone(tracees);
		if (monotonic_now() > deadline)
			return does_not_stop(tracees);
	}
}

void tracees_resume(struct tracees *tracees)
{
	tracees->mode = TRACING_RUNNING;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state != TRACEE_STOPPED)
			continue;
		/* Keeps the group-stop in effect until SIGCONT arrives, or ends it if one has
		 * arrived. */
		if (tracee->group_stop)
			ptrace_simple(PTRACE_LISTEN, tracee->tid, 0);
		else
			tracee_continue(tracees, tracee, 0);
		tracee_set_state(tracees, tracee, TRACEE_RUNNING);
	}
}

void tracees_leave(struct tracees *tracees)
{
	if (tracees->hooks)
		tracees->hooks->leave(tracees);
	tracees->mode = TRACING_LEAVING;
	tracees->stop_wanted = 0;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state == TRACEE_STOPPED)
			tracee_detach(tracees, tracee, 0);
		else if (tracee->state == TRACEE_ZOMBIE)
			tracee_remove(tracees, tracee);
		else
			ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
	}
	int64_t deadline = monotonic_now() + LEAVE_NS;
	while (tracees->running && monotonic_now() < deadline) {
		bool any = sweep(tracees);
		any |= tracees_pump(tracees);
		if (any || !tracees->running)
			continue;
		tracees_wait(tracees, -1, STRAGGLER_CHECK_MS);
		if (!sweep(tracees))
			check_stragglers(tracees);
	}
}

struct error *tracees_registers(struct tracees *tracees, struct thread **ret, size_t *ret_count)
{
	size_t count = 0;
	struct thread *threads = calloc(HASH_COUNT(tracees->table) + 1, sizeof(*threads));
	if (!threads)
		return error_no_memory();
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state != TRACEE_STOPPED)
			continue;
		struct thread *thread = &threads[count++];
		*thread = (struct thread){
			.tid = tracee->tid, .ns_tid = tracee->tid, .signal = tracee->group_stop};
		thread->regs_valid = tracee_get_regs(tracee->tid, &thread->regs);
	}
	*ret = threads;
	*ret_count = count;
	return NULL;
}
