/* What becomes of hits: trace lines while the process runs, stops when it is stopped. */
#include <unistd.h>

#include "commands/breakpoints/break_commands.h"
#include "commands/breakpoints/break_event.h"
#include "commands/breakpoints/break_session.h"
#include "commands/running/run.h"
#include "commands/session/selection.h"
#include "dbg/go/program/program.h"
#include "dwarf/base/clock.h"

enum {
	LINES_PER_SECOND = 50, /* of traces on a terminal: as much as one can follow */
	COLLECT_MAX = 8192,    /* events taken at a time, */
	PENDING_MAX = 1024,    /* those to be told among them */
	STACK_FRAMES = 8,      /* shown of a stop */
};

/* ---- Traces ---- */

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
	int64_t second = monotonic_now() / 1000000000;
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

/* Keeps the first error for whoever waits. At a prompt where nobody does it is told at once. */
static void note(struct shell *shell, struct error *err)
{
	struct error **failed = NULL;
	if (shell->run)
		failed = &shell->run->failed;
	else if (shell->breaks && (!shell->interactive || shell->script))
		failed = &shell->breaks->failed;
	if (!failed)
		shell_report(shell, err);
	else if (*failed)
		error_destroy(err);
	else
		*failed = err;
}

static void keep_stop(struct shell *shell, struct break_event *event)
{
	struct break_session *session = shell->breaks;
	if (!array_reserve(&session->stops, &session->stop_capacity, session->stop_count + 1)) {
		note(shell, error_no_memory());
		break_event_deinit(event);
		return;
	}
	session->stops[session->stop_count++] = *event;
}

/* Counts what is only to be counted; true when it was that. */
static bool count(struct shell *shell, const struct break_event *event)
{
	struct break_extra *extra = break_session_find_extra(shell->breaks, event->number);
	if (!extra || !extra->counts || event->stops)
		return false;
	if (!break_counts_add(extra->counts, event))
		note(shell, error_no_memory());
	return true;
}

/* Takes events into `pending`; how many it took, those that were only counted included. */
static size_t collect(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	size_t taken = 0;
	for (; taken < COLLECT_MAX && session->pending_count < PENDING_MAX; taken++) {
		if (!array_reserve(&session->pending, &session->pending_capacity,
			    session->pending_count + 1)) {
			note(shell, error_no_memory());
			break;
		}
		struct break_event *event = &session->pending[session->pending_count];
		if (!breakpoints_next_event(session->breakpoints, event))
			break;
		if (!event->stops)
			session->reported++;
		if (count(shell, event))
			break_event_deinit(event);
		else
			session->pending_count++;
	}
	return taken;
}

bool break_session_collect(struct shell *shell)
{
	if (shell->breaks)
		collect(shell);
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
			keep_stop(shell, event);
			continue;
		}
		any = true;
		note(shell, tell_trace(shell, event));
		break_event_deinit(event);
	}
	session->pending_count = 0;
	return any;
}

/* Once. */
static void tell_lost(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	if (!session || session->told_lost || !breakpoints_lost_births(session->breakpoints))
		return;
	session->told_lost = true;
	shell_warn(shell, "there are too many goroutines to note when each was made: of some the "
			  "age will be absent at goexit");
}

void break_session_take(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	bool any = false;
	/* Whoever runs may hit faster than we print, for ever: then one round is enough. */
	while (session && (collect(shell) || session->pending_count)) {
		any = tell_pending(shell) || any;
		if (shell->target->state == TARGET_RUNNING)
			break;
	}
	if (session && session->hidden && shell->target->state != TARGET_RUNNING) {
		tell_hidden(shell);
		any = true;
	}
	if (any)
		fflush(shell->out.stream);
	tell_lost(shell);
}

/* ---- Stops ---- */

/* Selects what hit: its goroutine, or the thread when that one has ended or there is none. */
static void select_hit(struct shell *shell, const struct break_event *event)
{
	const struct goroutine *goroutine = NULL;
	/* Not all of them, of which there may be a million, while the process stands. */
	struct error *err = event->g ? program_load_goroutine(shell->program, event->g) : NULL;
	if (!err && event->goid)
		err = program_goroutine(shell->program, event->goid, &goroutine);
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

/* The process has run since: what it was stopped for is told, but its stack is none of that moment.
 */
static struct error *show_past_stop(struct shell *shell, const struct break_event *event)
{
	struct error *err = NULL;
	if (shell->json_events)
		err = break_event_json(&shell->out, event, NULL);
	else
		break_event_heading(&shell->out, event);
	fflush(shell->out.stream);
	return err;
}

static struct error *show_stop(struct shell *shell, const struct break_event *event, bool past)
{
	struct selected selected;
	const struct frame *frame;
	select_hit(shell, event);
	if (break_commands_are_silent(shell, event->number))
		return NULL;
	if (past)
		return show_past_stop(shell, event);
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
	uint64_t resumes = shell->resumes;
	bool go_on = true;
	for (size_t i = 0; i < count && shell->breaks == session; i++) {
		const struct break_event *event = &stops[i];
		bool continued;
		session->reported++;
		bool more = shell->run && shell->run->hits && !run_has_hits(shell, shell->run);
		struct error *err = show_stop(shell, event, shell->resumes != resumes);
		if (!err)
			err = break_commands_run(shell, event->number, &continued);
		go_on = go_on && !err && shell->breaks == session && (continued || more);
		note(shell, err);
	}
	for (size_t i = 0; i < count; i++)
		break_event_deinit(&stops[i]);
	free(stops);
	return go_on;
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
	struct error *err = break_session_arm(shell);
	if (!err)
		err = shell_resume(shell);
	note(shell, err);
}

static bool may_run_on(const struct shell *shell)
{
	const struct run *run = shell->run;
	bool ends = run && (run->ending || run->failed || run_has_hits(shell, run));
	return !ends && !shell->breaks->failed && !shell->cancel && !shell->quit;
}

void break_session_settle(struct shell *shell)
{
	struct break_session *session = shell->breaks;
	if (!session || session->in_commands || (shell->run && shell->run->passing) ||
		!shell->target || !shell->stop_told || shell->target->state != TARGET_STOPPED)
		return;
	break_session_take(shell);
	if (!session->stop_count)
		return;
	program_refresh(shell->program);
	bool go_on = true;
	/* A command of a list may have let it run for a moment, and something else have stopped it.
	 */
	while (shell->breaks == session && session->stop_count)
		go_on = handle_stops(shell) && go_on;
	if (shell->breaks != session)
		return;
	forget_deleted(session);
	if (go_on && may_run_on(shell))
		run_on(shell);
}
