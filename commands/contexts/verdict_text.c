/* Computing verdicts and describing them: see verdict_text.h. */
#include "commands/contexts/verdict_text.h"

#include <inttypes.h>

#include "commands/goroutines/goroutine_view.h"
#include "commands/running/run.h"
#include "commands/session/message.h"

static struct error *run_checks(struct session *session, const struct check_options *options,
	const struct context_forest **ret_forest, struct verdicts *ret)
{
	struct error *err = contexts_load(session, CONTEXTS_HOLDERS, ret_forest);
	return err ? err : contexts_check(session->program, *ret_forest, options, ret);
}

struct error *verdicts_load(struct session *session, int64_t grace_ns, bool may_run,
	const struct context_forest **ret_forest, struct verdicts *ret)
{
	may_run = may_run && session->target->ops->cont;
	struct check_options options = {.grace_ns = grace_ns, .first = may_run};
	struct error *err = run_checks(session, &options, ret_forest, ret);
	if (err || !may_run || !ret->suspect_count)
		return err;
	struct verdicts before = *ret;
	char duration[32];
	*ret = (struct verdicts){0};
	format_duration(grace_ns, duration, sizeof(duration));
	session_tell(session,
		"letting the process run for %s to see whether %zu suspected "
		"problem%s",
		duration, before.suspect_count,
		before.suspect_count == 1 ? " persists" : "s persist");
	err = session_let_run(session, grace_ns);
	if (!err)
		session_tell(session, "%s: the following commands show the process as it is now",
			session->target->is_snapshot ? "took a new snapshot" : "stopped it again");
	options.before = before.suspects;
	options.before_count = before.suspect_count;
	if (!err)
		err = run_checks(session, &options, ret_forest, ret);
	verdicts_deinit(&before);
	/* New suspects have been blocked for less than the grace period. */
	ret->suspect_count = 0;
	return err;
}

static const char *type_of(const struct context_forest *forest, ptrdiff_t number)
{
	return number == CONTEXT_NONE ? "?" : forest->items[number].type->name;
}

static uint64_t address_of(const struct context_forest *forest, ptrdiff_t number)
{
	return number == CONTEXT_NONE ? 0 : forest->items[number].address;
}

/* The goroutine's state and wait time: "chan receive, 5m12s". */
static void blocked_text(struct session *session, uint64_t goid, char *ret, size_t size)
{
	const struct goroutine *goroutine;
	char duration[72];
	snprintf(ret, size, "blocked");
	struct error *err = program_goroutine(session->program, goid, &goroutine);
	if (!err) {
		struct wait_time time = goroutine_wait_time(session->program, goroutine);
		snprintf(ret, size, "%s", goroutine_state(session->program, goroutine));
		if (wait_time_is_known(&time)) {
			size_t used = strlen(ret);
			snprintf(ret + used, size - used, ", %s",
				format_wait_time(&time, duration, sizeof(duration)));
		}
	}
	error_destroy(err);
}

/* The location where a goroutine is blocked: "main.work work.go:12"; "" if unknown. */
static void blocked_location_text(struct session *session, uint64_t goid, char *ret, size_t size)
{
	struct goroutine_view view = {.program = session->program};
	struct error *err = program_goroutine(session->program, goid, &view.goroutine);
	if (!err)
		err = goroutine_view_load(&view, VIEW_STACK);
	const struct frame *top = err ? NULL : stack_summary_frame(&view.stack);
	snprintf(ret, size, "%s", "");
	if (top && top->function)
		snprintf(ret, size, "%s %s:%d", top->function,
			top->file ? base_name(top->file) : "?", top->line);
	error_destroy(err);
	goroutine_view_deinit(&view);
}

static void cancel_ignored(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, FILE *stream)
{
	const struct frame *frame = &verdict->frame;
	char blocked[128], location[1024], holding[1024];
	uint64_t goid = verdict->goids[0];
	blocked_text(session, goid, blocked, sizeof(blocked));
	blocked_location_text(session, goid, location, sizeof(location));
	snprintf(holding, sizeof(holding), "%s %s:%d", frame->function ? frame->function : "?",
		frame->file ? base_name(frame->file) : "?", frame->line);
	fprintf(stream,
		"goroutine %" PRIu64 " holds the canceled %s 0x%" PRIx64
		" but is blocked [%s] in %s, where the cancellation does not wake it",
		goid, type_of(forest, verdict->context), address_of(forest, verdict->context),
		blocked, location[0] ? location : holding);
	if (location[0] && frame->function && strcmp(location, holding) != 0)
		fprintf(stream, "; the context is held in %s", holding);
}

/* "a sleep until in 2.5s", "IO wait", "a timer that fires in 59s". */
static void wait_end_text(struct session *session, const struct wait *wait, FILE *stream)
{
	char duration[32];
	int64_t now = program_now_ns(session->program);
	format_duration(wait->until_ns - now, duration, sizeof(duration));
	if (wait->kind == WAIT_NETWORK)
		fputs("data from a file descriptor", stream);
	else if (wait->until_ns > now && now)
		fprintf(stream, "a %s in %s",
			wait->kind == WAIT_TIMER ? "sleep to end" : "timer to fire", duration);
	else
		fputs(wait->kind == WAIT_TIMER ? "a sleep to end" : "a timer to fire", stream);
}

static void cancel_pending(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, FILE *stream)
{
	const struct frame *frame = &verdict->frame;
	char location[1024];
	uint64_t goid = verdict->goids[0];
	blocked_location_text(session, goid, location, sizeof(location));
	fprintf(stream, "goroutine %" PRIu64 " holds the canceled %s 0x%" PRIx64 " in %s %s:%d",
		goid, type_of(forest, verdict->context), address_of(forest, verdict->context),
		frame->function ? frame->function : "?", frame->file ? base_name(frame->file) : "?",
		frame->line);
	fputs(", and will notice at the earliest after it has waited for ", stream);
	wait_end_text(session, &verdict->wait, stream);
	if (location[0])
		fprintf(stream, " in %s", location);
}

static void closer_text(struct session *session, const struct closer *closer, FILE *stream)
{
	char duration[32];
	int64_t now = program_now_ns(session->program);
	format_duration(closer->until_ns - now, duration, sizeof(duration));
	switch (closer->kind) {
	case CLOSER_TIMER:
		fputs("a timer", stream);
		if (now && closer->until_ns > now)
			fprintf(stream, " that fires in %s", duration);
		break;
	case CLOSER_GOROUTINE:
		fprintf(stream, "goroutine %" PRIu64, closer->goid);
		break;
	default:
		fprintf(stream, "what refers to it, such as the object 0x%" PRIx64, closer->object);
	}
	fputs(" can still close", stream);
}

static void ends_later(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, FILE *stream)
{
	fprintf(stream,
		"%s 0x%" PRIx64 " is still active although its ancestor %s 0x%" PRIx64
		" is canceled: its type has a Done channel of its own, which ",
		type_of(forest, verdict->context), address_of(forest, verdict->context),
		type_of(forest, verdict->other), address_of(forest, verdict->other));
	closer_text(session, &verdict->closer, stream);
	if (verdict->goid_count)
		fprintf(stream, "; %zu goroutine%s on it", verdict->goid_count,
			verdict->goid_count == 1 ? " waits" : "s wait");
}

static void link_text(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, FILE *stream)
{
	const struct context *context = &forest->items[verdict->context];
	char blocked[128];
	switch (verdict->link) {
	case LINK_HIDDEN:
		fprintf(stream, "its type has its own Done method, and nothing closes the channel");
		break;
	case LINK_NOT_REGISTERED:
		fprintf(stream,
			"it is not registered as a child of that context: it was removed, or was "
			"created when its parent had another ancestor");
		break;
	case LINK_NO_RELAY:
		fprintf(stream,
			"its parent %s is of a type unknown to package context, and the "
			"goroutine that should propagate the cancellation is missing",
			type_of(forest, context->parent));
		break;
	case LINK_RELAY_STUCK:
		blocked_text(session, verdict->relay, blocked, sizeof(blocked));
		fprintf(stream,
			"goroutine %" PRIu64 ", which should propagate the cancellation of %s, "
			"is itself blocked [%s]",
			verdict->relay, type_of(forest, context->parent), blocked);
		break;
	default:
		fprintf(stream, "it is nevertheless registered as a child of that context");
	}
}

static void not_propagated(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, FILE *stream)
{
	fprintf(stream,
		"%s 0x%" PRIx64 " was not canceled when its ancestor %s 0x%" PRIx64 " was: ",
		type_of(forest, verdict->context), address_of(forest, verdict->context),
		type_of(forest, verdict->other), address_of(forest, verdict->other));
	link_text(session, forest, verdict, stream);
	size_t waiting = verdict->goid_count - (verdict->relay != 0);
	if (waiting)
		fprintf(stream, "; %zu goroutine%s on it", waiting,
			waiting == 1 ? " waits" : "s wait");
}

static void pile_up(
	const struct context_forest *forest, const struct verdict *verdict, FILE *stream)
{
	const struct context *context = &forest->items[verdict->context];
	size_t children = context->child_count + context->unknown_children;
	fprintf(stream, "%s 0x%" PRIx64 " has %zu children", context->type->name, context->address,
		children);
	if (verdict->count < children)
		fprintf(stream, ", %zu of which", verdict->count);
	else
		fprintf(stream, " that");
	fprintf(stream,
		" nothing uses any more (%s, for example 0x%" PRIx64
		"): they were created but never canceled",
		type_of(forest, verdict->other), address_of(forest, verdict->other));
	if (verdict->has_created)
		fprintf(stream, "; a goroutine with such a child was created by %s %s:%d",
			verdict->created.function, base_name(verdict->created.file),
			verdict->created.line);
}

static void write_sentence(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, FILE *stream)
{
	const char *type = type_of(forest, verdict->context);
	uint64_t address = address_of(forest, verdict->context);
	uint64_t goid = verdict->goid_count ? verdict->goids[0] : 0;
	const struct frame *frame = &verdict->frame;
	char duration[32];
	format_duration(verdict->seconds_ns, duration, sizeof(duration));
	switch (verdict->kind) {
	case VERDICT_NOT_PROPAGATED:
		not_propagated(session, forest, verdict, stream);
		break;
	case VERDICT_CANCEL_IGNORED:
		cancel_ignored(session, forest, verdict, stream);
		break;
	case VERDICT_DEADLINE_PASSED:
		fprintf(stream,
			"the deadline of %s 0x%" PRIx64
			" passed %s%s ago, but it was not canceled: its timer was not started or "
			"could not run",
			type, address, program_clock_is_exact(session->program) ? "" : "≥",
			duration);
		break;
	case VERDICT_CANCEL_PENDING:
		cancel_pending(session, forest, verdict, stream);
		break;
	case VERDICT_ENDS_LATER:
		ends_later(session, forest, verdict, stream);
		break;
	case VERDICT_WAITS_FOREVER:
		fprintf(stream,
			"goroutine %" PRIu64
			" waits in %s %s:%d on the Done channel of %s 0x%" PRIx64
			", which nothing can cancel",
			goid, frame->function ? frame->function : "?",
			frame->file ? base_name(frame->file) : "?", frame->line, type, address);
		break;
	case VERDICT_PILE_UP:
		pile_up(forest, verdict, stream);
		break;
	case VERDICT_LOST_WAKEUP:
		fprintf(stream,
			"the Done channel of %s 0x%" PRIx64 " is closed, but %zu goroutine%s "
			"still parked on it",
			type, address, verdict->goid_count,
			verdict->goid_count == 1 ? " is" : "s are");
		break;
	}
}

char *verdict_sentence(
	struct session *session, const struct context_forest *forest, const struct verdict *verdict)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	write_sentence(session, forest, verdict, stream);
	return fclose(stream) == 0 ? text : (free(text), NULL);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool verdicts_are_similar(
	const struct context_forest *forest, const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && a->link == b->link && !a->relay == !b->relay &&
	       forest->items[a->context].type == forest->items[b->context].type &&
	       same_text(type_of(forest, a->other), type_of(forest, b->other)) &&
	       same_text(a->frame.function, b->frame.function) && a->frame.line == b->frame.line &&
	       a->has_created == b->has_created && a->created.line == b->created.line &&
	       same_text(a->created.function, b->created.function);
}

char *verdict_location(struct session *session, const struct verdict *verdict)
{
	char location[1024];
	if (verdict->kind != VERDICT_CANCEL_IGNORED && verdict->kind != VERDICT_CANCEL_PENDING)
		return strdup("");
	blocked_location_text(session, verdict->goids[0], location, sizeof(location));
	return strdup(location);
}

char *verdict_next(const struct context_forest *forest, const struct verdict *verdict)
{
	char *text = NULL;
	uint64_t address = address_of(forest, verdict->context);
	bool blames_goroutine = verdict->kind == VERDICT_CANCEL_IGNORED ||
				verdict->kind == VERDICT_CANCEL_PENDING ||
				verdict->kind == VERDICT_WAITS_FOREVER;
	int length;
	if (blames_goroutine)
		length = asprintf(&text, "bt -g %" PRIu64, verdict->goids[0]);
	else if (verdict->relay)
		length = asprintf(&text, "bt -g %" PRIu64, verdict->relay);
	else if (verdict->kind == VERDICT_PILE_UP)
		length = asprintf(&text, "ctx tree 0x%" PRIx64, address);
	else
		length = asprintf(&text, "ctx show 0x%" PRIx64, address);
	return length < 0 ? NULL : text;
}
