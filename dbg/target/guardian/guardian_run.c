/* The life of the guardian: it waits for the debugger's death and then undoes what is noted. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/guardian/guardian_run.h"
#include "dbg/target/tracing/inject.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/tracee_table.h"

enum {
	DEBUGGER_MS = 10000, /* the kernel needs time to free the memory of a big debugger */
	STOP_ATTEMPTS = 400,
	PAUSE_MS = 10,
	SHORT_PAUSES = 20, /* then longer ones */
	LONG_PAUSE_MS = 100,
};

/* ---- Threads ---- */

bool guardian_stop_all(struct guardian_process *guardian)
{
	static const struct stop_limits limits = {.progress_ns = INT64_C(5000000000),
		.total_ns = INT64_C(30000000000),
		.blocked_ns = INT64_C(50000000)};
	for (int i = 0; i < STOP_ATTEMPTS; i++) {
		struct error *err = tracees_stop(&guardian->tracees, &limits);
		if (!err)
			return true;
		bool gone = err->code == ERROR_GONE;
		error_destroy(err);
		tracees_leave(&guardian->tracees);
		if (gone)
			return false;
		poll(NULL, 0, i < SHORT_PAUSES ? PAUSE_MS : LONG_PAUSE_MS);
	}
	return false;
}

void guardian_run_briefly(struct guardian_process *guardian, int turn)
{
	enum { TURNS_EACH = 4, MOST_DOUBLED = 6 };
	int doubled = turn / TURNS_EACH;
	tracees_resume(&guardian->tracees);
	poll(NULL, 0, 1 << (doubled < MOST_DOUBLED ? doubled : MOST_DOUBLED));
	while (tracees_pump(&guardian->tracees))
		;
}

/*
 * Restores the thread of the noted call if it is in the stub. Otherwise it has not reached the stub
 * or has left it, or it is in a signal handler that returns there, for which it gets some time.
 */
static void restore_thread(struct guardian_process *guardian, struct call_note *note)
{
	enum { ATTEMPTS = 20 };
	for (int i = 0; i < ATTEMPTS; i++) {
		struct user_regs_struct regs;
		const struct tracee *tracee = tracee_find(&guardian->tracees, note->tid);
		if (!tracee || tracee->state != TRACEE_STOPPED ||
			!tracee_get_regs(note->tid, &regs))
			return;
		if (syscall_stub_contains(note->stub, regs.rip)) {
			tracee_set_mask(note->tid, note->mask);
			tracee_set_regs(note->tid, &note->regs);
			return;
		}
		guardian_run_briefly(guardian, i);
		if (!guardian_stop_all(guardian))
			return;
	}
}

static struct call_note *current_call(struct guardian_process *guardian)
{
	struct undo_notes *notes = guardian->notes;
	return notes->call_current ? &notes->calls[notes->call_current - 1] : NULL;
}

static void end_call(struct guardian_process *guardian)
{
	uint8_t now[SYSCALL_STUB_SIZE];
	struct call_note *note = current_call(guardian);
	if (!note)
		return;
	pid_t tid = tracees_any_stopped(&guardian->tracees);
	struct error *err = tid ? syscall_stub_read(tid, note->stub, now) : NULL;
	if (tid && !err && memcmp(now, syscall_stub_code, SYSCALL_STUB_SIZE) == 0)
		err = syscall_stub_write(tid, note->stub, note->original);
	error_destroy(err);
	guardian->notes->call_current = 0;
}

/* The changes that are undone while all threads are stopped. */
static void undo_changes(struct guardian_process *guardian)
{
	if (!guardian_stop_all(guardian)) {
		/* A copy must not outlive us even if the target cannot be restored. */
		guardian_find_snapshot(guardian);
		return;
	}
	bool same = proc_memory_lives(guardian->mem_fd, guardian->some_address);
	struct call_note *call = current_call(guardian);
	if (same) {
		guardian_restore_bytes_by_ptrace(guardian);
		if (call && call->tid)
			restore_thread(guardian, call);
	}
	/* Now no thread can make the noted call any more, which end_call() forgets. */
	guardian_find_snapshot(guardian);
	if (same) {
		end_call(guardian);
		guardian_run_undos(guardian);
	}
	tracees_leave(&guardian->tracees);
}

static void undo_all(struct guardian_process *guardian)
{
	guardian_kill_snapshots(guardian);
	if (!undo_notes_have_children_only(guardian->notes))
		undo_changes(guardian);
	guardian_reap_snapshots(guardian);
}

/* ---- Waiting ---- */

static bool is_over(int pidfd)
{
	struct pollfd fd = {.fd = pidfd, .events = POLLIN};
	return poll(&fd, 1, 0) > 0;
}

static int open_child_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Waits until the debugger is dead or has closed the pipe. False: the target is gone. */
static bool await_end(const struct guardian_process *guardian)
{
	struct pollfd fds[] = {{.fd = guardian->hangup, .events = POLLIN},
		{.fd = guardian->debugger, .events = POLLIN},
		{.fd = guardian->target, .events = POLLIN}};
	while (poll(fds, array_length(fds), -1) < 0 && errno == EINTR)
		;
	return !is_over(guardian->target);
}

int guardian_prepare(struct guardian_process *guardian, pid_t pid)
{
	guardian->tracees = (struct tracees){.pid = pid, .tracer = getpid()};
	guardian->tracees.child_fd = open_child_signals();
	if (guardian->tracees.child_fd < 0)
		return errno;
	guardian->mem_fd = proc_open_memory(pid, O_RDWR);
	/* Yama may allow it only to ancestors of the target, which is then not protected. */
	if (guardian->mem_fd < 0 && errno != EACCES && errno != EPERM)
		return errno;
	error_destroy(syscall_stub_find(pid, &guardian->some_address));
	return 0;
}

void guardian_run(struct guardian_process *guardian)
{
	struct undo_notes *notes = guardian->notes;
	if (!await_end(guardian) || (notes->quit && undo_notes_are_empty(notes)))
		return;
	guardian_restore_bytes(guardian);
	for (int ms = 0; ms < DEBUGGER_MS && !notes->quit && !is_over(guardian->debugger); ms++)
		poll(NULL, 0, 1);
	if (!is_over(guardian->target) && !undo_notes_are_empty(notes))
		undo_all(guardian);
}
