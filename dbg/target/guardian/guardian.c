/* The debugger's side of the guardian: starting it, notes, ending it. */
#include "dbg/target/guardian/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/guardian/guardian_run.h"
#include "dbg/target/tracing/undo_notes.h"

enum { END_MS = 1000 };

struct guardian {
	pid_t pid;
	int hangup; /* writing end of the pipe; closed by our death */
	struct undo_log *log;
};

/* ---- The other process ---- */

/* Keeps `count` descriptors as 3, 4, …; 0 to 2 become /dev/null and the rest is closed. */
static void keep_only(int *fds, int count)
{
	int moved[8];
	/* First out of the way of the places that they are to have. */
	for (int i = 0; i < count; i++)
		moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
	for (int i = 0; i < count; i++) {
		dup2(moved[i], 3 + i);
		fds[i] = 3 + i;
	}
	close_range((unsigned)(3 + count), ~0U, 0);
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
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

_Noreturn static void become_guardian(
	struct undo_notes *notes, pid_t pid, int hangup, int debugger, int target)
{
	int fds[] = {hangup, debugger, target};
	setsid();
	ignore_signals();
	prctl(PR_SET_NAME, "gctxdbg-guard");
	keep_only(fds, array_length(fds));
	if (chdir("/") == 0)
		guardian_run(notes, pid, fds[0], fds[1], fds[2]);
	_exit(0);
}

/* ---- Starting and ending ---- */

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static struct error *guardian_start(struct guardian *guardian, pid_t pid)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_system(errno, "cannot create a pipe");
	guardian->hangup = ends[1];
	_cleanup_fd_ int hangup = ends[0];
	_cleanup_fd_ int debugger = open_pidfd(getpid());
	_cleanup_fd_ int target = open_pidfd(pid);
	if (debugger < 0 || target < 0)
		return error_system(errno, "cannot watch process %d", pid);
	guardian->pid = fork();
	if (guardian->pid == 0)
		become_guardian(undo_log_notes(guardian->log), pid, hangup, debugger, target);
	return guardian->pid > 0 ? NULL : error_system(errno, "cannot start the guardian process");
}

static void release(struct guardian *guardian)
{
	close_fd(&guardian->hangup);
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
		release(guardian);
		return error_wrap(err, "process %d cannot be protected from our sudden death", pid);
	}
	*ret = guardian;
	return NULL;
}

void guardian_destroy(struct guardian *guardian)
{
	if (!guardian)
		return;
	atomic_store(&undo_log_notes(guardian->log)->quit, true);
	close_fd(&guardian->hangup);
	for (int ms = 0; ms < END_MS && waitpid(guardian->pid, NULL, __WALL | WNOHANG) == 0; ms++)
		poll(NULL, 0, 1);
	release(guardian);
}

struct undo_log *guardian_log(const struct guardian *guardian)
{
	return guardian ? guardian->log : NULL;
}

pid_t guardian_pid(const struct guardian *guardian)
{
	return guardian->pid;
}
