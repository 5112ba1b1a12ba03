/* Running the target and waiting until it stops: see run.h. */
#include "commands/running/run.h"

#include "commands/breakpoints/break_stop.h"
#include "commands/running/snapshot.h"
#include "commands/session/ctrl_c.h"
#include "commands/session/session_events.h"
#include "dbg/go/go_program.h"
#include "dwarf/base/clock.h"

/* True when the wait has to stop the target. */
static bool has_ended(const struct session *session, const struct stop_wait *wait)
{
	return session->cancel || monotonic_now() >= wait->deadline_ns ||
	       output_failed(&session->out) || break_stop_limit_reached(session, wait) ||
	       wait->failed;
}

static void wait_for_event(const struct session *session, int64_t deadline_ns)
{
	/* At most a minute at a time, because an int holds no more than 24 days. */
	int64_t left_ns = deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - monotonic_now();
	int64_t timeout_ms = left_ns < 0 ? 0 : left_ns / 1000000 + 1;
	struct pollfd fds[8] = {{.fd = interrupt_fd(), .events = POLLIN}};
	size_t count = 1 + session_event_fds(session, fds + 1, array_length(fds) - 1);
	poll(fds, count, timeout_ms < 60000 ? (int)timeout_ms : 60000);
	if (fds[0].revents)
		interrupt_drain();
}

/* The event that reports a stop may come a moment after the stop. */
static bool is_awaited(const struct session *session)
{
	return session->target && !session->quit &&
	       (session->target->state == TARGET_RUNNING || !session->stop_reported);
}

struct error *run_wait_for_stop(struct session *session, struct stop_wait *wait)
{
	struct error *err = NULL;
	wait->outer = session->wait;
	wait->hits_before = session->breaks ? session->breaks->reported : 0;
	session->wait = wait;
	session_handle_events(session);
	while (is_awaited(session)) {
		bool running = session->target->state == TARGET_RUNNING;
		if (running && has_ended(session, wait)) {
			wait->ending = true;
			err = session_stop(session);
			break;
		}
		/* The event follows a stop within 100 ms. */
		wait_for_event(session, running ? wait->deadline_ns : monotonic_now() + 100000000);
		if (!running)
			session->stop_reported = true;
		session_handle_events(session);
	}
	session->wait = wait->outer;
	if (!wait->internal)
		session->json_events = false;
	if (!err)
		return take_pointer(wait->failed);
	error_destroy(wait->failed);
	return err;
}

int64_t run_deadline_after(int64_t duration_ns)
{
	int64_t deadline_ns;
	return __builtin_add_overflow(monotonic_now(), duration_ns, &deadline_ns) ? INT64_MAX
										  : deadline_ns;
}

enum { CHECK_ALIVE_MS = 100 };

/* Waits while a process runs untraced, at most until it exits. ERROR_CANCELLED after Ctrl-C. */
static struct error *wait_untraced(struct session *session, int64_t duration_ns)
{
	int64_t end_ns = run_deadline_after(duration_ns);
	pid_t pid = session->target->pid;
	while (!session->cancel && !session->quit && monotonic_now() < end_ns &&
		target_program_lives(session->target)) {
		struct pollfd fds[8] = {{.fd = interrupt_fd(), .events = POLLIN}};
		size_t count = 1 + session_event_fds(session, fds + 1, array_length(fds) - 1);
		int64_t left_ms = (end_ns - monotonic_now()) / 1000000 + 1;
		poll(fds, count, left_ms < CHECK_ALIVE_MS ? (int)left_ms : CHECK_ALIVE_MS);
		if (fds[0].revents)
			interrupt_drain();
		session_handle_events(session);
		if (!session->target)
			return session_target_lost(pid);
	}
	return session->cancel ? error_create(ERROR_CANCELLED, "interrupted") : NULL;
}

struct error *session_let_run(struct session *session, int64_t duration_ns)
{
	int *suspended;
	size_t count;
	pid_t pid = session->target->pid;
	interrupt_drain();
	if (session->target->is_snapshot) {
		/* The process is running already. */
		struct error *err = wait_untraced(session, duration_ns);
		return err ? err : snapshot_again(session);
	}
	struct error *err = break_session_suspend(session, &suspended, &count);
	if (!err)
		err = session_resume(session);
	struct stop_wait wait = {.deadline_ns = run_deadline_after(duration_ns), .internal = true};
	if (!err)
		err = run_wait_for_stop(session, &wait);
	if (!err && wait.in_breakpoint)
		err = error_create(ERROR_OTHER,
			"the process called runtime.Breakpoint before the time was over; \"continue\", "
			"then try again");
	struct error *resume_err = break_session_resume(session, suspended, count);
	if (!err && (!session->target || !session->program))
		err = session_target_lost(pid);
	if (!err)
		err = target_check(session->target);
	if (!err)
		return resume_err;
	error_destroy(resume_err);
	return err;
}
