/* Runs shell commands with posix_spawn, which resets signal handlers and the mask: see spawn.h. */
#include "commands/session/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/session/session_events.h"

/* Interval to check for a stopped child (Ctrl-Z), which poll() does not report. */
enum { CHECK_INTERVAL_MS = 200 };

struct error *spawn_start(const char *command, int input, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	if (posix_spawn_file_actions_init(&actions))
		return error_no_memory();
	if (posix_spawnattr_init(&attributes)) {
		posix_spawn_file_actions_destroy(&actions);
		return error_no_memory();
	}
	sigset_t none, defaults;
	sigemptyset(&none);
	sigfillset(&defaults);
	/* Keep ignoring Ctrl-Z if we do: nothing would continue a stopped child. */
	sigdelset(&defaults, SIGTSTP);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (input >= 0)
		posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);

	char shell[] = "sh", option[] = "-c", separator[] = "--";
	_cleanup_free_ char *copy = strdup(command);
	char *const argv[] = {shell, option, separator, copy, NULL};
	int errnum =
		copy ? posix_spawn(ret, "/bin/sh", &actions, &attributes, argv, environ) : ENOMEM;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return errnum ? error_system(errnum, "cannot run /bin/sh") : NULL;
}

/* Returns true if the child has exited (`*ret`) or cannot be waited for. Continues a stopped
 * child. */
static bool child_ended(pid_t pid, int *ret)
{
	for (;;) {
		pid_t waited = waitpid(pid, ret, WNOHANG | WUNTRACED);
		if (waited < 0 && errno == EINTR)
			continue;
		if (waited < 0) {
			*ret = 0;
			return true;
		}
		if (waited == 0)
			return false;
		if (!WIFSTOPPED(*ret))
			return true;
		kill(pid, SIGCONT);
	}
}

static struct error *spawn_describe(int status, const char *command)
{
	if (WIFSIGNALED(status)) {
		int number = WTERMSIG(status);
		/* Ctrl-C, a reader that stopped reading (| head), and our own SIGTERM. */
		if (number == SIGINT || number == SIGPIPE || number == SIGTERM)
			return NULL;
		return error_create(ERROR_OTHER, "\"%s\" was killed by signal %d (%s)", command,
			number, strsignal(number));
	}
	int code = WEXITSTATUS(status);
	if (code == 126 || code == 127)
		return error_create(ERROR_OTHER, "cannot run \"%s\"", command);
	if (code)
		return error_create(
			ERROR_OTHER, "\"%s\" failed with exit status %d", command, code);
	return NULL;
}

struct error *spawn_wait(struct session *session, pid_t pid, const char *command)
{
	int status = 0;
	int pidfd = pidfd_open(pid, 0);
	bool asked = false;
	int rounds = 0; /* since Ctrl-C */
	while (!child_ended(pid, &status)) {
		struct pollfd fds[8] = {{.fd = pidfd, .events = POLLIN}};
		size_t count = session_event_fds(session, fds + 1, array_length(fds) - 1);
		if (poll(fds, count + 1, CHECK_INTERVAL_MS) > 0 &&
			session_events_ready(fds + 1, count))
			session_handle_events(session);
		if (session->quit && session->leave_signal && !asked) {
			kill(pid, SIGTERM);
			asked = true;
		}
		/* Ctrl-C goes to the child as well, but a SIGINT to the debugger does not; and a
		 * shell waits for its own child first. */
		if (session->cancel) {
			rounds++;
			kill(pid, rounds < 5 ? SIGINT : SIGTERM);
		}
	}
	if (pidfd >= 0)
		close(pidfd);
	return spawn_describe(status, command);
}
