/* Starting a program as our tracee, stopped at its first instruction. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/process/attach_check.h"
#include "dbg/target/live/tracer_private.h"
#include "dbg/target/tracing/follow_exec.h"
#include "dwarf/base/fd.h"

static const int64_t exec_ns = INT64_C(60000000000);

struct exec_call {
	char *const *argv;
	struct stop *ret;
};

struct exec_pipes {
	int go[2];     /* one byte: start; closed without it: the debugger has died, do not start */
	int failed[2]; /* errno of execve; closed if it succeeds */
};

/* Between fork and exec of a multi-threaded process: only async-signal-safe calls. */
static void become_program(
	const struct tracer *tracer, char *const *argv, const struct exec_pipes *pipes)
{
	close(pipes->go[1]);
	/* Ctrl-C at our terminal is meant for the debugger, so the program gets its own process
	 * group. */
	setpgid(0, 0);
	/* Two readers of one terminal would each get some of the keys, and a background reader is
	 * stopped anyway. */
	if (isatty(STDIN_FILENO)) {
		int null = open("/dev/null", O_RDONLY);
		if (null >= 0) {
			dup2(null, STDIN_FILENO);
			close(null);
		}
	}
	struct sigaction action = {.sa_handler = SIG_DFL};
	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &action, NULL);
	sigprocmask(SIG_SETMASK, &tracer->old_mask, NULL);
	char go;
	ssize_t n;
	do
		n = read(pipes->go[0], &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
	execvp(argv[0], argv);
	int errnum = errno;
	n = write(pipes->failed[1], &errnum, sizeof(errnum));
	_exit(n == sizeof(errnum) ? 127 : 126);
}

static struct error *terminated_before(const char *program)
{
	return error_create(ERROR_CANCELLED,
		"gctxdbg was terminated by a signal before %s was started", program);
}

/* Waits until the child has stopped at its first instruction; an error says why it does not get
 * there. */
static struct error *await_exec(struct tracer *tracer, const char *program, int failed_fd)
{
	struct tracees *tracees = &tracer->tracees;
	int64_t deadline = monotonic_now() + exec_ns;
	while (!tracees_any_stopped(tracees)) {
		if (tracees_pump(tracees))
			continue;
		int errnum;
		if (read(failed_fd, &errnum, sizeof(errnum)) == sizeof(errnum))
			return error_system(errnum, "cannot start %s", program);
		if (tracees->ended)
			return error_create(ERROR_OTHER,
				"cannot start %s: it was killed before its first instruction",
				program);
		if (tracer->options.cancel && atomic_load(tracer->options.cancel))
			return error_create(
				ERROR_CANCELLED, "interrupted before %s was started", program);
		if (tracer_asked_to_leave(tracer))
			return terminated_before(program);
		if (monotonic_now() > deadline)
			return error_create(
				ERROR_OTHER, "cannot start %s: loading it takes too long", program);
		struct pollfd failed = {.fd = failed_fd, .events = POLLIN};
		/* After a successful exec the pipe stays at its end, so polling it would spin. */
		bool open = poll(&failed, 1, 0) == 0;
		tracees_wait(tracees, open ? failed_fd : -1, 20);
	}
	return NULL;
}

static bool must_stop(void *context)
{
	const struct tracer *tracer = context;
	return (tracer->options.cancel && atomic_load(tracer->options.cancel)) ||
	       tracer_asked_to_leave(tracer);
}

/* The user's thread waits for us, so its messages may be printed here. */
static void tell_following(const struct tracer *tracer, const char *program)
{
	_cleanup_free_ char *message = NULL;
	if (tracer->options.notify &&
		asprintf(&message,
			"%s is not a Go program: following it until it starts one (Ctrl-C kills it)",
			program) >= 0)
		tracer->options.notify(tracer->options.notify_context, message);
}

/* If the program is not the wanted one, such as a shell that runs a script, follows it to one that
 * it starts. */
static struct error *follow_to_wanted(struct tracer *tracer, const char *program, int failed_fd)
{
	const struct follow follow = {tracer->options.wanted, must_stop, tracer};
	if (!follow.wanted || follow.wanted(tracer->tracees.pid))
		return NULL;
	tell_following(tracer, program);
	struct error *err = follow_exec(&tracer->tracees, &follow);
	if (err)
		return error_wrap(err, "%s is not a Go program", program);
	_cleanup_free_ char *found = NULL;
	if (asprintf(&found, "the Go program of %s", program) < 0)
		return error_no_memory();
	return await_exec(tracer, found, failed_fd);
}

static struct error *tracer_exec_start(
	struct tracer *tracer, char *const *argv, struct exec_pipes *pipes)
{
	/* SIGTERM has come already: whatever reports from now on would be detached. */
	if (tracer->leave_signal)
		return terminated_before(argv[0]);
	if (pipe2(pipes->go, O_CLOEXEC) != 0 || pipe2(pipes->failed, O_CLOEXEC | O_NONBLOCK) != 0)
		return error_system(errno, "cannot create a pipe");
	pid_t pid = fork();
	if (pid < 0)
		return error_system(errno, "cannot start %s", argv[0]);
	if (pid == 0)
		become_program(tracer, argv, pipes);
	setpgid(pid, pid); /* in both processes, whichever runs first */
	struct tracees *tracees = &tracer->tracees;
	tracees->pid = pid;
	struct error *err = tracees_seize(tracees, pid);
	if (err) {
		/* Not a tracee, so that nothing else reaps it. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return err;
	}
	/* A child that does not get the byte exits when the pipe is closed. */
	if (write(pipes->go[1], "g", 1) != 1)
		err = error_system(errno, "cannot start %s", argv[0]);
	close_fd(&pipes->go[0]);
	close_fd(&pipes->go[1]);
	close_fd(&pipes->failed[1]);
	if (!err) {
		tracees->attaching = true;
		err = await_exec(tracer, argv[0], pipes->failed[0]);
		if (!err)
			err = follow_to_wanted(tracer, argv[0], pipes->failed[0]);
		tracees->attaching = false;
	}
	if (!err)
		err = attach_check_program(tracees->pid, tracees->pid);
	if (err && !tracees->ended)
		kill(tracees->pid, SIGKILL);
	return err;
}

static struct error *do_exec(struct tracer *tracer, void *argument)
{
	struct exec_call *call = argument;
	struct exec_pipes pipes = {{-1, -1}, {-1, -1}};
	struct error *err = tracer_exec_start(tracer, call->argv, &pipes);
	close_fd(&pipes.go[0]);
	close_fd(&pipes.go[1]);
	close_fd(&pipes.failed[0]);
	close_fd(&pipes.failed[1]);
	if (err) {
		tracees_leave(&tracer->tracees);
		return err;
	}
	tracer_stopped(tracer, monotonic_now(), call->ret);
	return NULL;
}

struct error *tracer_exec(struct tracer *tracer, char *const argv[], struct stop *ret)
{
	struct exec_call call = {argv, ret};
	return tracer_call(tracer, do_exec, &call, 0);
}
