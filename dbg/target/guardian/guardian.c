/* The debugger's side of the guardian: starting and ending it. */
#include "dbg/target/guardian/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/clock.h"
#include "dwarf/base/fd.h"
#include "dbg/target/guardian/guardian_run.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/tracing/undo_notes.h"

enum { READY_MS = 5000, READY_ATTEMPTS = 6, END_MS = 1000 };

struct guardian {
	pid_t pid;
	int hangup; /* the writing end of a pipe; closed when the debugger dies */
	struct undo_log *log;
};

/* ---- In the guardian process ---- */

enum { FIRST_FD = 3 }; /* after the standard streams */

static int compare_fds(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;
	return (a > b) - (a < b);
}

static void close_all_but(const int *fds, size_t count)
{
	int sorted[8];
	unsigned next = 0;
	memcpy(sorted, fds, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_fds);
	for (size_t i = 0; i < count; i++) {
		unsigned fd = (unsigned)sorted[i];
		if (fd > next)
			close_range(next, fd - 1, 0);
		next = fd + 1;
	}
	close_range(next, ~0U, 0);
}

/*
 * Keeps only these descriptors (at most 8) and opens /dev/null as the standard streams. Returns an
 * errno. The others are closed first, so that a low RLIMIT_NOFILE does not matter.
 */
static int keep_only(int *fds, size_t count)
{
	close_all_but(fds, count);
	for (size_t i = 0; i < count; i++) {
		int low = fds[i];
		if (low >= FIRST_FD)
			continue;
		fds[i] = fcntl(low, F_DUPFD, FIRST_FD);
		if (fds[i] < 0)
			return errno;
		close(low);
	}
	int null = open("/dev/null", O_RDWR);
	if (null < 0)
		return errno;
	for (int fd = 0; fd < FIRST_FD; fd++) {
		if (fd != null && dup2(null, fd) < 0)
			return errno;
	}
	if (null >= FIRST_FD)
		close(null);
	return 0;
}

static void ignore_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	for (int signal = 1; signal < NSIG; signal++) {
		if (signal != SIGCHLD && signal != SIGSEGV && signal != SIGBUS && signal != SIGABRT)
			sigaction(signal, &action, NULL);
	}
	action.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &action, NULL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct ends {
	int hangup, debugger, target; /* see struct guardian_process */
	int ready;		      /* a pipe: an errno, 0 when the guardian is prepared */
};

_Noreturn static void become_guardian(struct undo_notes *notes, pid_t pid, const struct ends *ends)
{
	int fds[] = {ends->hangup, ends->debugger, ends->target, ends->ready};
	setsid();
	ignore_signals();
	prctl(PR_SET_NAME, "gctxdbg-guard");
	int errnum = keep_only(fds, array_length(fds));
	struct guardian_process process = {
		.notes = notes, .hangup = fds[0], .debugger = fds[1], .target = fds[2]};
	if (!errnum)
		errnum = guardian_prepare(&process, pid);
	if (!errnum && chdir("/") != 0)
		errnum = errno;
	if (write(fds[3], &errnum, sizeof(errnum)) != sizeof(errnum) || errnum)
		_exit(1);
	close(fds[3]);
	guardian_run(&process);
	_exit(0);
}

/* ---- Starting and ending ---- */

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* poll() for input, which a signal does not interrupt. Whether there was any within `ms`. */
static bool poll_input(int fd, int ms)
{
	int64_t end_ns = monotonic_now() + (int64_t)ms * 1000000;
	struct pollfd input = {.fd = fd, .events = POLLIN};
	for (;;) {
		int64_t left_ns = end_ns - monotonic_now();
		int n = poll(&input, 1, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

/* Waits READY_MS, and longer only while the guardian waits for a CPU on a busy machine. */
static bool becomes_ready(pid_t guardian, int ready)
{
	for (int i = 0; i < READY_ATTEMPTS; i++) {
		struct process_status status;
		if (poll_input(ready, READY_MS))
			return true;
		if (proc_read_status(guardian, &status) != 0 || status.state != 'R')
			return false;
	}
	return false;
}

/*
 * Waits until the guardian is prepared; the target must not be changed before. Bounded, because the
 * tracer thread waits here while the target may be stopped.
 */
static struct error *await_ready(pid_t guardian, int ready)
{
	if (!becomes_ready(guardian, ready)) {
		kill(guardian, SIGKILL);
		return error_create(
			ERROR_OTHER, "the guardian process was not ready in time and was killed");
	}
	int errnum;
	if (read(ready, &errnum, sizeof(errnum)) != sizeof(errnum))
		return error_create(ERROR_OTHER, "the guardian process has died");
	return errnum ? error_system(errnum, "cannot initialize the guardian process") : NULL;
}

static struct error *start_in(struct guardian *guardian, pid_t pid, struct ends *ends)
{
	guardian->pid = fork();
	if (guardian->pid == 0)
		become_guardian(undo_log_notes(guardian->log), pid, ends);
	return guardian->pid > 0 ? NULL : error_system(errno, "cannot start the guardian process");
}

static struct error *guardian_start(struct guardian *guardian, pid_t pid)
{
	int hangup[2], ready[2];
	if (pipe2(hangup, O_CLOEXEC) != 0)
		return error_system(errno, "cannot create a pipe");
	guardian->hangup = hangup[1];
	_cleanup_fd_ int hangup_end = hangup[0];
	if (pipe2(ready, O_CLOEXEC) != 0)
		return error_system(errno, "cannot create a pipe");
	_cleanup_fd_ int ready_end = ready[0], child_end = ready[1];
	_cleanup_fd_ int debugger = open_pidfd(getpid());
	_cleanup_fd_ int target = open_pidfd(pid);
	if (debugger < 0 || target < 0)
		return error_system(errno, "cannot watch process %d", pid);
	struct ends ends = {hangup_end, debugger, target, child_end};
	struct error *err = start_in(guardian, pid, &ends);
	close_fd(&child_end);
	return err ? err : await_ready(guardian->pid, ready_end);
}

static void await_end(pid_t pid)
{
	for (int ms = 0; ms < END_MS && waitpid(pid, NULL, __WALL | WNOHANG) == 0; ms++)
		poll(NULL, 0, 1);
}

void guardian_destroy(struct guardian *guardian)
{
	if (!guardian)
		return;
	if (guardian->log)
		atomic_store(&undo_log_notes(guardian->log)->quit, true);
	close_fd(&guardian->hangup);
	if (guardian->pid > 0)
		await_end(guardian->pid);
	undo_log_destroy(guardian->log);
	free(guardian);
}

struct error *guardian_create(pid_t pid, struct guardian **ret)
{
	struct guardian *guardian = calloc(1, sizeof(*guardian));
	if (!guardian)
		return error_no_memory();
	guardian->hangup = -1;
	struct error *err = undo_log_create(&guardian->log);
	if (!err)
		err = guardian_start(guardian, pid);
	if (err) {
		guardian_destroy(guardian);
		return error_wrap(
			err, "cannot protect process %d against a crash of the debugger", pid);
	}
	*ret = guardian;
	return NULL;
}

struct undo_log *guardian_log(const struct guardian *guardian)
{
	return guardian ? guardian->log : NULL;
}

pid_t guardian_pid(const struct guardian *guardian)
{
	return guardian->pid;
}
