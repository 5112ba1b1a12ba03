/*
 * The tracer thread: its loop, calls from the user's thread, the watchdog, and SIGTERM and SIGHUP.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/live/tracer_private.h"
#include "dbg/target/traps/traps_control.h"

enum {
	POLL_MS = 1000, /* a safety net: a lost SIGCHLD delays us by at most that long */
	/* A call that takes longer may be in the deadlock that release_exec() resolves. */
	CALL_PATIENCE_MS = 200,
};

/* After SIGTERM the user's thread must take the event within this time, unless set otherwise. */
static const int64_t default_leave_grace_ns = INT64_C(3000000000);

void tracer_set_gone(struct tracer *tracer, const char *reason)
{
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return;
	atomic_store(&tracer->target->gone_reason, reason);
	atomic_store(&tracer->target->state, TARGET_GONE);
	tracer_set_watchdog(tracer, 0);
}

void tracer_set_watchdog(struct tracer *tracer, int64_t at_ns)
{
	struct itimerspec at = {.it_value = {at_ns / 1000000000, at_ns % 1000000000}};
	timerfd_settime(tracer->watchdog_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void tracer_notice_end(struct tracer *tracer)
{
	if (atomic_load(&tracer->target->state) == TARGET_GONE)
		return;
	int status = tracer->tracees.last_status;
	if (tracer->tracees.execed) {
		tracer_set_gone(tracer, "it has executed another program");
		event_queue_add(&tracer->events, TARGET_EVENT_EXEC, 0);
	} else if (tracer->tracees.ended && WIFSIGNALED(status)) {
		tracer_set_gone(tracer, "it was killed by a signal");
		event_queue_add(&tracer->events, TARGET_EVENT_KILLED, WTERMSIG(status));
	} else if (tracer->tracees.ended) {
		tracer_set_gone(tracer, "it has exited");
		event_queue_add(&tracer->events, TARGET_EVENT_EXITED, WEXITSTATUS(status));
	}
}

/* ---- The thread ---- */

/* The user's thread does not react, or a second signal has arrived: die as if it had never been
 * blocked. */
static void die(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigaction(signal, &action, NULL);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(signal);
}

bool tracer_asked_to_leave(const struct tracer *tracer)
{
	struct pollfd readable = {.fd = tracer->leave_fd, .events = POLLIN};
	return poll(&readable, 1, 0) > 0;
}

static void handle_leave_signal(struct tracer *tracer)
{
	struct signalfd_siginfo info;
	if (read(tracer->leave_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (tracer->leave_signal && !event_queue_is_empty(&tracer->events))
		die((int)info.ssi_signo);
	tracer_set_gone(tracer, "gctxdbg was terminated by a signal");
	tracees_leave(&tracer->tracees);
	tracer_drop_snapshot(tracer);
	tracer->leave_signal = (int)info.ssi_signo;
	event_queue_add(&tracer->events, TARGET_EVENT_LEAVE, tracer->leave_signal);
	int64_t grace_ns = tracer->options.leave_grace_ns;
	tracer_set_watchdog(
		tracer, monotonic_now() + (grace_ns ? grace_ns : default_leave_grace_ns));
}

static void handle_watchdog(struct tracer *tracer)
{
	uint64_t ignored;
	if (read(tracer->watchdog_fd, &ignored, sizeof(ignored)) != sizeof(ignored))
		return;
	if (tracer->leave_signal) {
		if (!event_queue_is_empty(&tracer->events))
			die(tracer->leave_signal);
	} else if (atomic_load(&tracer->target->state) == TARGET_STOPPED) {
		tracer_set_gone(tracer,
			"it was stopped for longer than allowed (--max-stop) and was detached");
		tracees_leave(&tracer->tracees);
		event_queue_add(&tracer->events, TARGET_EVENT_WATCHDOG, 0);
	}
}

static void handle_call(struct tracer *tracer)
{
	eventfd_t ignored;
	if (eventfd_read(tracer->call_fd, &ignored) != 0)
		return;
	pthread_mutex_lock(&tracer->lock);
	tracer_function *function = tracer->function;
	void *argument = tracer->argument;
	pthread_mutex_unlock(&tracer->lock);
	struct error *result = function(tracer, argument);
	tracer_notice_end(tracer);
	pthread_mutex_lock(&tracer->lock);
	tracer->result = result;
	tracer->function = NULL;
	pthread_cond_signal(&tracer->done);
	pthread_mutex_unlock(&tracer->lock);
}

static void *tracer_thread(void *argument)
{
	struct tracer *tracer = argument;
	tracer->tracees.tracer = (pid_t)syscall(SYS_gettid);
	pthread_setname_np(pthread_self(), "tracer");
	while (!tracer->quit) {
		bool more = tracees_pump(&tracer->tracees);
		tracer_notice_end(tracer);
		tracer_stop_for_trap(tracer);
		int tick_ms = traps_tick(&tracer->tracees);
		struct pollfd fds[] = {
			{.fd = tracer->leave_fd, .events = POLLIN},
			{.fd = tracer->watchdog_fd, .events = POLLIN},
			{.fd = tracer->call_fd, .events = POLLIN},
			{.fd = tracer->child_fd, .events = POLLIN},
		};
		int timeout_ms = tick_ms < 0 ? POLL_MS : tick_ms;
		if (poll(fds, array_length(fds), more ? 0 : timeout_ms) <= 0)
			continue;
		if (fds[0].revents)
			handle_leave_signal(tracer);
		if (fds[1].revents)
			handle_watchdog(tracer);
		if (fds[2].revents)
			handle_call(tracer);
		if (fds[3].revents)
			tracees_wait(&tracer->tracees, -1, 0);
	}
	return NULL; /* the kernel detaches threads that are still traced, without stopping them */
}

/* ---- Calls from the user's thread ---- */

/*
 * PTRACE_SEIZE waits for an exec in progress, and the exec waits until all other threads have been
 * reaped, which only their tracer can do: a deadlock, as our tracer thread is blocked in
 * PTRACE_SEIZE. Any thread of the tracer's process may reap them, so this one does.
 */
static void release_exec(pid_t pid)
{
	_cleanup_free_ pid_t *tids = NULL;
	size_t count = 0;
	if (proc_list_threads(pid, &tids, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct process_status status;
		siginfo_t info;
		if (tids[i] != pid && proc_read_status(tids[i], &status) == 0 &&
			status.state == 'Z')
			waitid(P_PID, (id_t)tids[i], &info, WEXITED | WNOHANG | __WALL);
	}
}

struct error *tracer_call(
	struct tracer *tracer, tracer_function *function, void *argument, pid_t pid)
{
	pthread_mutex_lock(&tracer->lock);
	tracer->function = function;
	tracer->argument = argument;
	eventfd_write(tracer->call_fd, 1);
	while (tracer->function) {
		int64_t until_ns = monotonic_now() + CALL_PATIENCE_MS * 1000000;
		struct timespec until = {until_ns / 1000000000, until_ns % 1000000000};
		if (pthread_cond_timedwait(&tracer->done, &tracer->lock, &until) == ETIMEDOUT &&
			pid) {
			pthread_mutex_unlock(&tracer->lock);
			release_exec(pid);
			pthread_mutex_lock(&tracer->lock);
		}
	}
	struct error *result = take_pointer(tracer->result);
	pthread_mutex_unlock(&tracer->lock);
	return result;
}

static struct error *quit(struct tracer *tracer, void *argument)
{
	(void)argument;
	tracer_set_gone(tracer, "it was detached");
	tracees_leave(&tracer->tracees);
	tracer_drop_snapshot(tracer);
	tracer_end_guardian(tracer);
	tracer->quit = true;
	return NULL;
}

bool tracer_next_event(struct tracer *tracer, struct target_event *ret)
{
	return event_queue_take(&tracer->events, ret);
}

int tracer_event_fd(const struct tracer *tracer)
{
	return tracer->events.fd;
}

/* ---- Creating and destroying ---- */

static void change_signals(struct tracer *tracer, sigset_t *child_set, sigset_t *leave_set)
{
	sigset_t both;
	sigemptyset(child_set);
	sigaddset(child_set, SIGCHLD);
	sigemptyset(leave_set);
	sigaddset(leave_set, SIGTERM);
	sigaddset(leave_set, SIGHUP);
	sigorset(&both, child_set, leave_set);
	pthread_sigmask(SIG_BLOCK, &both, &tracer->old_mask);
	/* If SIGCHLD is ignored (inherited, for example) the kernel does not send it. */
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigaction(SIGCHLD, &action, &tracer->old_child_action);
	tracer->mask_changed = true;
}

static struct error *tracer_start(struct tracer *tracer)
{
	struct error *err = event_queue_init(&tracer->events);
	if (err)
		return err;
	sigset_t child_set, leave_set;
	change_signals(tracer, &child_set, &leave_set);
	tracer->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	tracer->child_fd = signalfd(-1, &child_set, SFD_CLOEXEC | SFD_NONBLOCK);
	tracer->leave_fd = signalfd(-1, &leave_set, SFD_CLOEXEC | SFD_NONBLOCK);
	tracer->watchdog_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	tracer->tracees.child_fd = tracer->child_fd;
	if (tracer->call_fd < 0 || tracer->child_fd < 0 || tracer->leave_fd < 0 ||
		tracer->watchdog_fd < 0)
		return error_system(errno, "cannot create the descriptors for tracing");
	int errnum = pthread_create(&tracer->thread, NULL, tracer_thread, tracer);
	if (errnum)
		return error_system(errnum, "cannot start the tracer thread");
	tracer->thread_started = true;
	return NULL;
}

struct error *tracer_create(
	struct target *target, const struct live_options *options, struct tracer **ret)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	if (!tracer)
		return error_no_memory();
	tracer->target = target;
	if (options)
		tracer->options = *options;
	tracer->call_fd = tracer->child_fd = tracer->leave_fd = tracer->watchdog_fd = -1;
	tracer->snapshot.identity_fd = -1;
	original_bytes_init(&tracer->original_bytes);
	pthread_mutex_init(&tracer->lock, NULL);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&tracer->done, &attributes);
	pthread_condattr_destroy(&attributes);
	struct error *err = tracer_start(tracer);
	if (err) {
		tracer_destroy(tracer);
		return err;
	}
	*ret = tracer;
	return NULL;
}

void tracer_destroy(struct tracer *tracer)
{
	if (!tracer)
		return;
	if (tracer->thread_started) {
		error_destroy(tracer_call(tracer, quit, NULL, 0));
		pthread_join(tracer->thread, NULL);
	}
	tracees_deinit(&tracer->tracees);
	original_bytes_deinit(&tracer->original_bytes);
	error_destroy(take_pointer(tracer->notice));
	close_fd(&tracer->call_fd);
	close_fd(&tracer->child_fd);
	close_fd(&tracer->leave_fd);
	close_fd(&tracer->watchdog_fd);
	event_queue_deinit(&tracer->events);
	if (tracer->mask_changed) {
		sigaction(SIGCHLD, &tracer->old_child_action, NULL);
		pthread_sigmask(SIG_SETMASK, &tracer->old_mask, NULL);
	}
	pthread_cond_destroy(&tracer->done);
	pthread_mutex_destroy(&tracer->lock);
	free(tracer);
}
