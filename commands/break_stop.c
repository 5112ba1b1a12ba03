/* What becomes of hits: trace lines while the process runs, stops when it is stopped. */
#include <time.h>
#include <unistd.h>

#include "commands/break_commands.h"
#include "commands/break_event.h"
#include "commands/break_session.h"
#include "commands/run.h"
#include "commands/selection.h"
#include "dbg/go/program.h"

enum {
	LINES_PER_SECOND = 50, /* of traces on a terminal: as much as one can follow */
	COLLECT_MAX = 8192,    /* events taken at a time, */
	PENDING_MAX = 1024,    /* those to be told among them */
	STACK_FRAMES = 8,      /* shown of a stop */
};

/* ---- Traces ---- */

static int64_t current_second(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void tell_hidden(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	if (session->hidden)
		output_printf(&shell->out, STYLE_DIM,
			"… %llu more (not shown on a terminal; > FILE gets all, --count-by "
			"counts)\n",
			(unsigned long long)session->hidden);
	session->hidden = 0;
}

/* False when this second has had its share of lines. */
static bool may_print(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	int fd = fileno(shell->out.stream);
	if (fd < 0 || !isatty(fd))
		return true;
	int64_t second = current_second();
	if (second != session->second) {
		tell_hidden(shell);
		session->second = second;
		session->lines = 0;
	}
	if (session->lines >= LINES_PER_SECOND) {
		session->hidden++;
		return false;
	}
	session->lines++;
	return true;
}

static struct error *tell_trace(struct shell *shell, const struct break_event *event)
{
	if (output_failed(&shell->out))
		return NULL;
	if (shell->json_events)
		return break_event_json(&shell->out, event, NULL);
	if (may_print(shell))
		break_event_line(&shell->out, event);
	return NULL;
}

/* Keeps the first error for whoever waits. */
static void note(struct break_session *session, struct error *err)
{
	if (session->failed)
		error_destroy(err);
	else
		session->failed = err;
}

static void keep_stop(struct break_session *session, struct break_event *event)
{
	if (!array_reserve(&session->stops, &session->stop_capacity, session->stop_count + 1)) {
		note(session, error_no_memory());
		break_event_deinit(event);
		return;
	}
	session->stops[session->stop_count++] = *event;
}

/* Counts what is only to be counted; true when it was that. */
static bool count(struct break_session *session, const struct break_event *event)
{
	struct break_extra *extra = break_session_find_extra(session, event->number);
	if (!extra || !extra->counts || event->stops)
		return false;
	if (!break_counts_add(extra->counts, event))
		note(session, error_no_memory());
	return true;
}

/* Takes events into `pending`; how many it took, those that were only counted included. */
static size_t collect(struct break_session *session)
{
	size_t taken = 0;
	for (; taken < COLLECT_MAX && session->pending_count < PENDING_MAX; taken++) {
		if (!array_reserve(&session->pending, &session->pending_capacity,
			    session->pending_count + 1)) {
			note(session, error_no_memory());
			break;
		}
		struct break_event *event = &session->pending[session->pending_count];
		if (!breakpoints_next_event(session->breakpoints, event))
			break;
		if (!event->stops)
			session->reported++;
		if (count(session, event))
			break_event_deinit(event);
		else
			session->pending_count++;
	}
	return taken;
}

bool break_session_collect(struct shell *shell)
{
	if (shell->breaks)
		collect(shell->breaks);
	return shell->breaks && shell->breaks->pending_count;
}

/* Tells the events that have been taken; true when that printed something. */
static bool tell_pending(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	bool any = false;
	for (size_t i = 0; i < session->pending_count; i++) {
		struct break_event *event = &session->pending[i];
		if (event->stops) {
			keep_stop(session, event);
			continue;
		}
		any = true;
		note(session, tell_trace(shell, event));
		break_event_deinit(event);
	}
	session->pending_count = 0;
	return any;
}

void break_session_take(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	bool any = false;
	/* Whoever runs may hit faster than we print, for ever: then one round is enough. */
	while (session && (collect(session) || session->pending_count)) {
		any = tell_pending(shell) || any;
		if (shell->target->state == TARGET_RUNNING)
			break;
	}
	if (any)
		fflush(shell->out.stream);
}

/* ---- Stops ---- */

/* Selects what hit: its goroutine, or the thread when that one has ended or there is none. */
static void select_hit(struct shell *shell, const struct break_event *event)
{
	const struct goroutine *goroutine = NULL;
	struct error *err =
		event->goid ? program_goroutine(shell->program, event->goid, &goroutine) : NULL;
	if (!err && goroutine)
		select_goroutine(shell, event->goid);
	else
		select_thread(shell, event->tid);
	error_destroy(err);
}

/* The innermost STACK_FRAMES frames of the program, and what is above them. */
static void short_stack(struct shell *shell, const struct selected *selected)
{
	struct stack part = *selected->stack;
	bool all = shell->settings.runtime_frames;
	size_t end = 0, shown = 0;
	for (; end < part.count && shown < STACK_FRAMES; end++)
		shown += all || !frame_is_runtime(&part.frames[end]);
	bool cut = end < part.count;
	if (cut) {
		part.count = end;
		part.problem = NULL;
	}
	stack_text(&shell->out, &part, all, shell->selection.frame);
	if (cut)
		output_printf(&shell->out, STYLE_DIM, "       … %zu more: bt\n",
			selected->stack->count - end);
	else if (selected->view.goroutine)
		creator_text(&shell->out, shell->program, selected->view.goroutine, true);
}

static struct error *show_stop(struct shell *shell, const struct break_event *event)
{
	struct selected selected;
	const struct frame *frame;
	select_hit(shell, event);
	if (break_commands_are_silent(shell, event->number))
		return NULL;
	struct error *err = selected_load(shell, 0, &selected);
	if (err)
		return err;
	error_destroy(selected_frame(shell, &selected, &frame));
	if (shell->json_events) {
		err = break_event_json(&shell->out, event, selected.stack);
	} else {
		tell_hidden(shell);
		break_event_heading(&shell->out, event);
		short_stack(shell, &selected);
	}
	selected_deinit(&selected);
	fflush(shell->out.stream);
	return err;
}

/* Shows the stops and runs their commands; true when the process may run on. */
static bool handle_stops(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	struct break_event *stops = take_pointer(session->stops);
	size_t count = session->stop_count;
	session->stop_count = session->stop_capacity = 0;
	bool go_on = true;
	for (size_t i = 0; i < count && shell->breaks == session; i++) {
		const struct break_event *event = &stops[i];
		bool continued;
		session->reported++;
		bool more = session->most && session->reported < session->most;
		struct error *err = show_stop(shell, event);
		if (!err)
			err = break_commands_run(shell, event->number, &continued);
		if (shell->breaks != session) {
			shell_report(shell, err);
			break;
		}
		go_on = go_on && !err && (continued || more);
		note(session, err);
	}
	for (size_t i = 0; i < count; i++)
		break_event_deinit(&stops[i]);
	free(stops);
	return go_on && shell->breaks == session;
}

static void forget_deleted(struct break_session *session)
{
	for (size_t i = session->extra_count; i-- > 0;) {
		struct breakpoint breakpoint;
		struct error *err =
			break_session_find(session, session->extras[i].number, &breakpoint);
		if (err)
			break_session_forget(session, session->extras[i].number);
		error_destroy(err);
	}
}

static void run_on(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	struct error *err = break_session_arm(shell);
	if (!err)
		err = shell_resume(shell);
	note(session, err);
}

static bool may_run_on(const struct shell *shell)
{
	const struct break_session *session = shell->breaks;
	return !session->ending && !session->failed && !shell->cancel && !shell->quit;
}

void break_session_settle(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	if (!session || session->in_commands || !shell->target || !shell->stop_told ||
		shell->target->state != TARGET_STOPPED)
		return;
	break_session_take(shell);
	if (!session->stop_count)
		return;
	program_refresh(shell->program);
	bool go_on = handle_stops(shell);
	if (shell->breaks != session)
		return;
	forget_deleted(session);
	bool reached = session->most && session->reported >= session->most;
	if (go_on && !reached && may_run_on(shell))
		run_on(shell);
}
