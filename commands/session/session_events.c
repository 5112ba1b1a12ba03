/* The target's events, and the observers of the session: see session_events.h. */
#include "commands/session/session_events.h"

#include <signal.h>
#include <string.h>

#include "commands/render/json.h"
#include "commands/session/message.h"
#include "commands/session/session_target.h"
#include "dbg/go/go_program.h"
#include "dbg/go/goroutines/goroutine.h"

/* ---- Observers ---- */

struct error *session_observe(struct session *session, const struct session_observer *observer)
{
	for (size_t i = 0; i < session->observer_count; i++)
		if (session->observers[i] == observer)
			return NULL;
	if (!array_reserve(
		    &session->observers, &session->observer_capacity, session->observer_count + 1))
		return error_no_memory();
	session->observers[session->observer_count++] = observer;
	return NULL;
}

struct error *session_check_replaceable(const struct session *session)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < session->observer_count; i++)
		if (session->observers[i]->check_replaceable)
			err = session->observers[i]->check_replaceable(session);
	return err;
}

void session_close_observers(struct session *session)
{
	while (session->observer_count) {
		const struct session_observer *last =
			session->observers[session->observer_count - 1];
		if (last->close)
			last->close(session);
		session->observer_count--;
	}
	free(session->observers);
	session->observers = NULL;
	session->observer_capacity = 0;
}

static void collect(struct session *session)
{
	for (size_t i = 0; i < session->observer_count; i++)
		if (session->observers[i]->collect)
			session->observers[i]->collect(session);
}

/* An observer may close the target, and with it unregister all of them. */
static void settle(struct session *session)
{
	for (size_t i = 0; i < session->observer_count; i++)
		if (session->observers[i]->settle)
			session->observers[i]->settle(session);
}

size_t session_event_fds(const struct session *session, struct pollfd *ret, size_t max)
{
	size_t count = 0;
	if (session->target && count < max)
		ret[count++] = (struct pollfd){session->target->event_fd, POLLIN, 0};
	for (size_t i = 0; i < session->observer_count && count < max; i++)
		if (session->observers[i]->event_fd)
			ret[count++] = (struct pollfd){
				session->observers[i]->event_fd(session), POLLIN, 0};
	return count;
}

bool session_events_ready(const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i].revents)
			return true;
	return false;
}

bool session_has_output(struct session *session, const struct pollfd *fds, size_t count)
{
	if (!session_events_ready(fds, count))
		return false;
	/* The descriptor of the target comes first: see session_event_fds(). */
	if (session->target && fds[0].revents)
		return true;
	bool any = false;
	for (size_t i = 0; i < session->observer_count; i++) {
		const struct session_observer *observer = session->observers[i];
		if (observer->event_fd)
			any |= !observer->has_output || observer->has_output(session);
	}
	return any;
}

/* ---- Events ---- */

/* With --json an event is printed as one line; breakpoints print their hits themselves. */
static void event_json(struct session *session, const struct target_event *event)
{
	static const char *const names[] = {
		[TARGET_EVENT_EXITED] = "exited",
		[TARGET_EVENT_KILLED] = "killed",
		[TARGET_EVENT_EXEC] = "exec",
		[TARGET_EVENT_WATCHDOG] = "watchdog",
		[TARGET_EVENT_SNAPSHOT] = "snapshot",
		[TARGET_EVENT_STOPPED] = "stopped",
		[TARGET_EVENT_BREAKPOINT] = "breakpoint",
		[TARGET_EVENT_LEAVE] = "leave",
	};
	static const char *const values[array_length(names)] = {
		[TARGET_EVENT_EXITED] = "status",
		[TARGET_EVENT_KILLED] = "signal",
		[TARGET_EVENT_STOPPED] = "signal",
		[TARGET_EVENT_BREAKPOINT] = "thread",
		[TARGET_EVENT_LEAVE] = "signal",
	};
	if ((size_t)event->kind >= array_length(names) || !names[event->kind])
		return;
	struct json *json = json_create(&session->out);
	if (!json)
		return;
	json_string(json, "event", names[event->kind]);
	if (values[event->kind])
		json_int(json, values[event->kind], event->value);
	json_finish(json);
	fflush(session->out.stream);
}

/* A command ran the target for its own purpose and has stopped it again. */
static bool is_internal_stop(const struct session *session, const struct target_event *event)
{
	return session->wait && session->wait->internal && event->kind == TARGET_EVENT_STOPPED &&
	       !event->value;
}

static void report_stop(struct session *session, const struct target_event *event)
{
	int pid = (int)session->target->pid;
	if (event->value) {
		session_tell(session, "process %d stopped with signal %d (%s)", pid, event->value,
			strsignal(event->value));
		session_set_stop_reason(session, "signal %d", event->value);
	} else if (!is_internal_stop(session, event)) {
		session_tell(session, "process %d is stopped", pid);
		session_set_stop_reason(session, "interrupted");
	}
}

/* Selects the goroutine that the thread runs, or the thread. */
static void select_thread_goroutine(struct session *session, pid_t tid)
{
	const struct go_m *m = program_m_of_thread(session->program, tid);
	const struct goroutine *goroutine =
		m && m->current_g ? program_goroutine_at(session->program, m->current_g) : NULL;
	session->selection = (struct selection){.tid = tid, .frame = SIZE_MAX};
	if (goroutine)
		session->selection = (struct selection){
			.goroutine_valid = true, .goid = goroutine->goid, .frame = SIZE_MAX};
}

/* Reports one event. Returns true if the target has to be closed. */
static bool handle_event(struct session *session, const struct target_event *event)
{
	int pid = (int)session->target->pid;
	switch (event->kind) {
	case TARGET_EVENT_EXITED:
		if (event->value < 0)
			session_tell(session, "process %d has exited", pid);
		else
			session_tell(
				session, "process %d exited with status %d", pid, event->value);
		return true;
	case TARGET_EVENT_KILLED:
		session_tell(session, "process %d was killed by signal %d (%s)", pid, event->value,
			strsignal(event->value));
		return true;
	case TARGET_EVENT_EXEC:
		session_tell(session,
			"process %d called exec and now runs another program; detached from it",
			pid);
		return true;
	case TARGET_EVENT_WATCHDOG:
		/* A warning, not a notice: with -q too, as results are missing because of it. */
		session_warn(session,
			"process %d was stopped for longer than --max-stop allows: resumed it and "
			"detached",
			pid);
		return true;
	case TARGET_EVENT_SNAPSHOT:
		session_report_snapshot(session);
		session_refresh(session);
		return false;
	case TARGET_EVENT_STOPPED:
		report_stop(session, event);
		session->stop_reported = session->target->state == TARGET_STOPPED;
		session_refresh(session);
		return false;
	case TARGET_EVENT_TRAP:
		session->stop_reported = session->target->state == TARGET_STOPPED;
		/* The breakpoint's own event reports the reason. */
		session_refresh(session);
		return false;
	case TARGET_EVENT_BREAKPOINT:
		session_tell(session, "process %d stopped at a call of runtime.Breakpoint", pid);
		session_set_stop_reason(session, "runtime.Breakpoint");
		if (session->wait)
			session->wait->in_breakpoint = true;
		session->stop_reported = session->target->state == TARGET_STOPPED;
		session_refresh(session);
		select_thread_goroutine(session, event->value);
		return false;
	case TARGET_EVENT_LEAVE:
		session->leave_signal = event->value;
		session->quit = true;
		return true;
	}
	return false;
}

void session_handle_events(struct session *session)
{
	struct target_event event;
	collect(session);
	while (session->target && target_next_event(session->target, &event)) {
		/* Hits that came before this event. */
		collect(session);
		if (session->json_events && !is_internal_stop(session, &event))
			event_json(session, &event);
		if (handle_event(session, &event))
			session_close_target(session);
	}
	settle(session);
	session_update_suspend(session);
}
