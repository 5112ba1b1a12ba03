/* Handles hits: prints traces while the target runs, and shows stops: see break_stop.h. */
#include "commands/breakpoints/break_stop.h"

#include <unistd.h>

#include "commands/breakpoints/break_commands.h"
#include "commands/breakpoints/break_event.h"
#include "commands/goroutines/selection.h"
#include "commands/session/message.h"
#include "dwarf/base/clock.h"

enum {
	LINES_PER_SECOND = 50, /* trace lines on a terminal: more cannot be read */
	COLLECT_MAX = 8192,    /* events taken at a time */
	PENDING_MAX = 1024,    /* of these, the events to print */
	STACK_FRAMES = 8,      /* frames shown at a stop */
};

/* ---- Traces ---- */

static void print_hidden(struct session *session)
{
	struct break_session *breaks = session->breaks;
	if (breaks->hidden)
		output_printf(&session->out, STYLE_DIM,
			"… %llu more (omitted on a terminal; \"> FILE\" gets all, --count-by "
			"counts)\n",
			(unsigned long long)breaks->hidden);
	breaks->hidden = 0;
}

/* Returns false when the limit of lines in this second is reached. */
static bool may_print(struct session *session)
{
	struct break_session *breaks = session->breaks;
	int fd = fileno(session->out.stream);
	if (fd < 0 || !isatty(fd))
		return true;
	int64_t second = monotonic_now() / 1000000000;
	if (second != breaks->second) {
		print_hidden(session);
		breaks->second = second;
		breaks->lines = 0;
	}
	if (breaks->lines >= LINES_PER_SECOND) {
		breaks->hidden++;
		return false;
	}
	breaks->lines++;
	return true;
}

static struct error *print_trace(struct session *session, const struct break_event *event)
{
	if (output_failed(&session->out))
		return NULL;
	if (session->json_events)
		return break_event_json(&session->out, event, NULL);
	if (may_print(session))
		break_event_line(&session->out, event);
	return NULL;
}

/* Keeps the first error for the command that waits. At a prompt, if none waits, reports it now. */
static void keep_error(struct session *session, struct error *err)
{
	struct error **failed = NULL;
	if (session->wait)
		failed = &session->wait->failed;
	else if (session->breaks && (!session->interactive || session->script))
		failed = &session->breaks->failed;
	if (!failed)
		session_report(session, err);
	else if (*failed)
		error_destroy(err);
	else
		*failed = err;
}

static void keep_stop(struct session *session, struct break_event *event)
{
	struct break_session *breaks = session->breaks;
	if (!array_reserve(&breaks->stops, &breaks->stop_capacity, breaks->stop_count + 1)) {
		keep_error(session, error_no_memory());
		break_event_deinit(event);
		return;
	}
	breaks->stops[breaks->stop_count++] = *event;
}

/* Counts the event if its tracepoint only counts; returns true if so. */
static bool count_event(struct session *session, const struct break_event *event)
{
	struct break_extra *extra = break_session_find_extra(session->breaks, event->number);
	if (!extra || !extra->counts || event->stops)
		return false;
	if (!break_counts_add(extra->counts, event))
		keep_error(session, error_no_memory());
	return true;
}

/* Moves queued events to `pending`; returns how many it took, including those only counted. */
static size_t take_queued(struct session *session)
{
	struct break_session *breaks = session->breaks;
	size_t taken = 0;
	for (; taken < COLLECT_MAX && breaks->pending_count < PENDING_MAX; taken++) {
		if (!array_reserve(&breaks->pending, &breaks->pending_capacity,
			    breaks->pending_count + 1)) {
			keep_error(session, error_no_memory());
			break;
		}
		struct break_event *event = &breaks->pending[breaks->pending_count];
		if (!breakpoints_next_event(breaks->breakpoints, event))
			break;
		if (!event->stops)
			breaks->reported++;
		if (count_event(session, event))
			break_event_deinit(event);
		else
			breaks->pending_count++;
	}
	return taken;
}

bool break_stop_collect(struct session *session)
{
	if (session->breaks)
		take_queued(session);
	return session->breaks && session->breaks->pending_count;
}

/* Prints the pending traces and keeps the stops; returns true if it printed something. */
static bool print_pending(struct session *session)
{
	struct break_session *breaks = session->breaks;
	bool any = false;
	for (size_t i = 0; i < breaks->pending_count; i++) {
		struct break_event *event = &breaks->pending[i];
		if (event->stops) {
			keep_stop(session, event);
			continue;
		}
		any = true;
		keep_error(session, print_trace(session, event));
		break_event_deinit(event);
	}
	breaks->pending_count = 0;
	return any;
}

/* Warns once. */
static void warn_lost(struct session *session)
{
	struct break_session *breaks = session->breaks;
	if (!breaks || breaks->warned_lost || !breakpoints_lost_births(breaks->breakpoints))
		return;
	breaks->warned_lost = true;
	session_warn(session,
		"there are too many goroutines to record when each was created: age will be absent "
		"for some at goexit");
}

void break_stop_take(struct session *session)
{
	struct break_session *breaks = session->breaks;
	bool any = false;
	/* A running target can outpace us: handle one batch. */
	while (breaks && (take_queued(session) || breaks->pending_count)) {
		any = print_pending(session) || any;
		if (session->target->state == TARGET_RUNNING)
			break;
	}
	if (breaks && breaks->hidden && session->target->state != TARGET_RUNNING) {
		print_hidden(session);
		any = true;
	}
	if (any)
		fflush(session->out.stream);
	warn_lost(session);
}

/* ---- Stops ---- */

/* Selects the goroutine that hit, or the thread if the goroutine has ended or there is none. */
static void select_hit(struct session *session, const struct break_event *event)
{
	const struct goroutine *goroutine = NULL;
	/* Loads only this one: there may be a million, and the process is stopped meanwhile. */
	struct error *err = event->g ? program_load_goroutine(session->program, event->g) : NULL;
	if (!err && event->goid)
		err = program_goroutine(session->program, event->goid, &goroutine);
	if (!err && goroutine)
		select_goroutine(session, event->goid);
	else
		select_thread(session, event->tid);
	error_destroy(err);
}

/* Prints the innermost STACK_FRAMES frames of the program, and the runtime frames above them. */
static void short_stack(struct session *session, const struct selected *selected)
{
	struct stack part = *selected->stack;
	bool all = session->settings.runtime_frames;
	size_t end = 0, shown = 0;
	for (; end < part.count && shown < STACK_FRAMES; end++)
		shown += stack_prints_frame(selected->stack, end, all);
	bool cut = end < part.count;
	if (cut) {
		part.count = end;
		part.problem = NULL;
	}
	stack_text(&session->out, &part, all, session->selection.frame);
	if (cut)
		output_printf(&session->out, STYLE_DIM, "       … %zu more: bt\n",
			selected->stack->count - end);
	else if (selected->view.goroutine)
		creator_text(&session->out, session->program, selected->view.goroutine, true);
}

/* Shows a stop after the target was resumed: the event is reported, but its stack is gone. */
static struct error *show_past_stop(struct session *session, const struct break_event *event)
{
	struct error *err = NULL;
	if (session->json_events)
		err = break_event_json(&session->out, event, NULL);
	else
		break_event_heading(&session->out, event);
	fflush(session->out.stream);
	return err;
}

static struct error *show_stop(struct session *session, const struct break_event *event, bool past)
{
	struct selected selected;
	const struct frame *frame;
	select_hit(session, event);
	session_set_stop_reason(session, "breakpoint %d", event->number);
	if (break_commands_are_silent(session, event->number))
		return NULL;
	if (past)
		return show_past_stop(session, event);
	struct error *err = selected_load(session, 0, &selected);
	if (err)
		return err;
	error_destroy(selected_frame(session, &selected, &frame));
	if (session->json_events) {
		err = break_event_json(&session->out, event, selected.stack);
	} else {
		print_hidden(session);
		break_event_heading(&session->out, event);
		short_stack(session, &selected);
	}
	selected_deinit(&selected);
	fflush(session->out.stream);
	return err;
}

/* Shows the stops and runs their command lists; returns true if the target may be resumed. */
static bool handle_stops(struct session *session)
{
	struct break_session *breaks = session->breaks;
	struct break_event *stops = take_pointer(breaks->stops);
	size_t count = breaks->stop_count;
	breaks->stop_count = breaks->stop_capacity = 0;
	uint64_t resumes = session->resumes;
	bool go_on = true;
	for (size_t i = 0; i < count && session->breaks == breaks; i++) {
		const struct break_event *event = &stops[i];
		bool continued;
		breaks->reported++;
		bool more = session->wait && session->wait->hit_limit &&
			    !break_stop_limit_reached(session, session->wait);
		struct error *err = show_stop(session, event, session->resumes != resumes);
		if (!err)
			err = break_commands_run(session, event->number, &continued);
		go_on = go_on && !err && session->breaks == breaks && (continued || more);
		keep_error(session, err);
	}
	for (size_t i = 0; i < count; i++)
		break_event_deinit(&stops[i]);
	free(stops);
	return go_on;
}

static void forget_deleted(struct break_session *breaks)
{
	for (size_t i = breaks->extra_count; i-- > 0;) {
		struct breakpoint breakpoint;
		struct error *err =
			break_session_find(breaks, breaks->extras[i].number, &breakpoint);
		if (err)
			break_session_forget(breaks, breaks->extras[i].number);
		error_destroy(err);
	}
}

static void resume(struct session *session)
{
	struct error *err = break_session_arm(session);
	if (!err)
		err = session_resume(session);
	keep_error(session, err);
}

bool break_stop_limit_reached(const struct session *session, const struct stop_wait *wait)
{
	return session->breaks && wait->hit_limit &&
	       session->breaks->reported - wait->hits_before >= wait->hit_limit;
}

static bool may_resume(const struct session *session)
{
	const struct stop_wait *wait = session->wait;
	bool ends =
		wait && (wait->ending || wait->failed || break_stop_limit_reached(session, wait));
	return !ends && !session->breaks->failed && !session->cancel && !session->quit;
}

void break_stop_settle(struct session *session)
{
	struct break_session *breaks = session->breaks;
	if (!breaks || breaks->in_commands || (session->wait && session->wait->internal) ||
		!session->target || !session->stop_reported ||
		session->target->state != TARGET_STOPPED)
		return;
	break_stop_take(session);
	if (!breaks->stop_count)
		return;
	session_refresh(session);
	bool go_on = true;
	/* A command in a list may have run the target for a moment, which may have hit again. */
	while (session->breaks == breaks && breaks->stop_count)
		go_on = handle_stops(session) && go_on;
	if (session->breaks != breaks)
		return;
	forget_deleted(breaks);
	if (go_on && may_resume(session))
		resume(session);
}
