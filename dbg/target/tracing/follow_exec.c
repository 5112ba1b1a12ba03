/* Tracing a whole family of processes until one executes the wanted program: see follow_exec.h. */
#include "dbg/target/tracing/follow_exec.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/tracee_table.h"
#include "dwarf/base/hash.h"

enum { WAIT_MS = 20, WAIT_FLAGS = __WALL | __WNOTHREAD | WNOHANG };

static const int64_t detach_ns = INT64_C(500000000), kill_ns = INT64_C(5000000000);

/* A thread that has reported, and not yet its end. */
struct member {
	pid_t tid;
	bool lost;
	UT_hash_handle hh;
};

/*
 * The threads that are traced, of all processes. An id may be stale: the thread that calls exec
 * takes its process's id, and the end of a first thread that another one has replaced is not
 * reported. So is_tracee() asks the kernel before anything is done to one.
 */
struct family {
	struct member *members; /* by tid (uthash) */
};

static void forget(struct family *family, struct member *member)
{
	HASH_DEL(family->members, member);
	free(member);
}

static void family_cleanup(struct family *family)
{
	struct member *member, *next;
	HASH_ITER (hh, family->members, member, next)
		forget(family, member);
}

/* Without memory it is left out: then it is detached, or killed, at its next report. */
static void family_add(struct family *family, pid_t tid)
{
	struct member *member;
	HASH_FIND_INT(family->members, &tid, member);
	if (member)
		return;
	member = calloc(1, sizeof(*member));
	if (!member)
		return;
	member->tid = tid;
	HASH_ADD_INT(family->members, tid, member);
	if (member->lost)
		free(member);
}

static void family_remove(struct family *family, pid_t tid)
{
	struct member *member;
	HASH_FIND_INT(family->members, &tid, member);
	if (member)
		forget(family, member);
}

/*
 * Makes the thread stop; false: it is not our tracee. A tracee's id is not given to another process
 * before we reap it, so after true it is safe to send a signal.
 */
static bool is_tracee(pid_t tid)
{
	return ptrace_simple(PTRACE_INTERRUPT, tid, 0) == 0;
}

struct report {
	pid_t tid;
	int status; /* of waitpid() */
};

enum outcome { REPORT, NO_REPORT, NO_TRACEES };

/*
 * Reads a report. That of a signal is left with the kernel, which otherwise would lose the signal
 * if we were killed before the thread continues, see tracee.c; PTRACE_CONT and PTRACE_DETACH
 * collect it. All others are collected: an exec can be continued only then.
 */
static enum outcome next_report(struct report *ret)
{
	for (;;) {
		siginfo_t info = {.si_pid = 0};
		if (waitid(P_ALL, 0, &info, WAIT_FLAGS | WEXITED | WSTOPPED | WNOWAIT) != 0)
			return NO_TRACEES;
		if (!info.si_pid)
			return NO_REPORT;
		*ret = (struct report){info.si_pid, W_STOPCODE(info.si_status)};
		if (info.si_code == CLD_TRAPPED && !(info.si_status >> 8))
			return REPORT;
		/* Our own child, already detached, can be stopped: ignored. */
		bool untraced = info.si_code == CLD_STOPPED;
		if (waitpid(info.si_pid, &ret->status, WAIT_FLAGS | (untraced ? WUNTRACED : 0)) ==
				info.si_pid &&
			!untraced)
			return REPORT;
	}
}

static int event_of(const struct report *report)
{
	return report->status >> 16;
}

/* The signal to pass on; 0: none. */
static unsigned long signal_of(const struct report *report)
{
	int signal = WSTOPSIG(report->status);
	return event_of(report) || signal == (SIGTRAP | 0x80) ? 0 : (unsigned long)signal;
}

/* Lets a stopped tracee run on. */
static void pass_on(const struct report *report)
{
	int signal = WSTOPSIG(report->status);
	bool group_stop =
		event_of(report) == PTRACE_EVENT_STOP &&
		(signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU);
	if (group_stop)
		ptrace_simple(PTRACE_LISTEN, report->tid, 0);
	else
		ptrace_simple(PTRACE_CONT, report->tid, signal_of(report));
}

/* Kills all, also those that are born meanwhile: each stops before it executes anything, which can
 * take a while on a busy machine. */
static void kill_all(struct tracees *tracees, const struct family *family)
{
	struct member *member, *next;
	HASH_ITER (hh, family->members, member, next) {
		if (is_tracee(member->tid))
			kill(member->tid, SIGKILL);
	}
	int64_t progress = monotonic_now();
	while (monotonic_now() - progress < kill_ns) {
		struct report report;
		enum outcome outcome = next_report(&report);
		if (outcome == NO_TRACEES)
			return;
		if (outcome == NO_REPORT) {
			tracees_wait(tracees, -1, WAIT_MS);
			continue;
		}
		progress = monotonic_now();
		/* Refused for another user's process, which it can become in a user namespace. */
		if (WIFSTOPPED(report.status) && kill(report.tid, SIGKILL) != 0)
			ptrace_simple(PTRACE_DETACH, report.tid, signal_of(&report));
	}
}

/* The former id of a thread that has called exec, and now has that of its process. */
static void forget_former(struct family *family, pid_t tid)
{
	unsigned long former;
	if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) == 0 && (pid_t)former != tid)
		family_remove(family, (pid_t)former);
}

/* Waits until a process executes the wanted program, and is in the stop of that exec. */
static struct error *await_wanted(
	struct tracees *tracees, const struct follow *follow, struct family *family, pid_t *ret)
{
	for (;;) {
		if (follow->stop(follow->context)) {
			kill_all(tracees, family);
			return error_create(ERROR_CANCELLED,
				"interrupted before it started one; it and all processes that it "
				"started were killed");
		}
		struct report report;
		enum outcome outcome = next_report(&report);
		if (outcome == NO_TRACEES)
			return error_create(ERROR_NOT_FOUND,
				"it and the programs that it started have ended, and none of "
				"them is a Go program");
		if (outcome == NO_REPORT) {
			tracees_wait(tracees, -1, WAIT_MS);
			continue;
		}
		if (!WIFSTOPPED(report.status)) {
			family_remove(family, report.tid);
			continue;
		}
		family_add(family, report.tid);
		if (event_of(&report) == PTRACE_EVENT_EXEC) {
			forget_former(family, report.tid);
			*ret = report.tid;
			if (follow->wanted(report.tid))
				return NULL;
		}
		pass_on(&report);
	}
}

/* Makes all stop. Forgets those that will not report: a first thread that has exited does so only
 * after the other threads of its process. */
static void interrupt_all(struct family *family)
{
	struct member *member, *next;
	HASH_ITER (hh, family->members, member, next) {
		struct process_status status = {.state = '?'};
		if (!is_tracee(member->tid) || proc_read_status(member->tid, &status) != 0 ||
			status.state == 'Z')
			forget(family, member);
	}
}

/* Detaches a stopped tracee, and enters the one that it has just created. */
static void detach(struct family *family, const struct report *report)
{
	int event = event_of(report);
	unsigned long child;
	bool birth = event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		     event == PTRACE_EVENT_CLONE;
	if (birth && ptrace(PTRACE_GETEVENTMSG, report->tid, NULL, &child) == 0 &&
		is_tracee((pid_t)child))
		family_add(family, (pid_t)child);
	ptrace_simple(PTRACE_DETACH, report->tid, signal_of(report));
	family_remove(family, report->tid);
}

/*
 * Detaches all but `keep`, which is stopped. One that does not stop in time, because it is in an
 * uninterruptible wait, is detached when it does, by tracees_pump(). An error: `keep` has ended.
 */
static struct error *detach_others(struct tracees *tracees, struct family *family, pid_t keep)
{
	int64_t deadline = monotonic_now() + detach_ns;
	family_remove(family, keep);
	interrupt_all(family);
	while (family->members && monotonic_now() < deadline) {
		struct report report;
		if (next_report(&report) != REPORT) {
			tracees_wait(tracees, -1, WAIT_MS);
			interrupt_all(family);
		} else if (WIFSTOPPED(report.status)) {
			detach(family, &report);
		} else if (report.tid == keep) {
			tracees->last_status = report.status;
			tracees->ended = true;
			return error_create(ERROR_GONE,
				"the Go program that it started, process %d, ended before its "
				"first instruction",
				(int)keep);
		} else {
			family_remove(family, report.tid);
		}
	}
	return NULL;
}

struct error *follow_exec(struct tracees *tracees, const struct follow *follow)
{
	_cleanup_(family_cleanup) struct family family = {0};
	pid_t first = tracees->pid, found = 0;
	tracees_deinit(tracees); /* of all, until the wanted one is known */
	family_add(&family, first);
	ptrace_simple(PTRACE_SETOPTIONS, first,
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD);
	ptrace_simple(PTRACE_CONT, first, 0);
	struct error *err = await_wanted(tracees, follow, &family, &found);
	if (err) {
		tracees->ended = true;
		return err;
	}
	tracees->pid = found;
	tracees->mode = TRACING_STOPPING;
	err = detach_others(tracees, &family, found);
	if (!err)
		err = tracees_adopt(tracees, found);
	if (!err)
		ptrace_simple(PTRACE_CONT, found, 0);
	return err;
}
