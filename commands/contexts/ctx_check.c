/* `ctx check`: verdicts on cancellations that do not arrive. */
#include <inttypes.h>

#include "commands/data/runtimes_view.h"
#include "commands/goroutines/goroutine_view.h"
#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/contexts/verdict_groups.h"
#include "dbg/go/go_program.h"

enum { SHOWN_IDS = 12, WIDTH = 100, KINDS = VERDICT_ENDS_LATER + 1 };

static void goroutines_text(struct output *output, const struct verdict *verdict)
{
	bool named = verdict->kind == VERDICT_CANCEL_IGNORED ||
		     verdict->kind == VERDICT_CANCEL_PENDING ||
		     verdict->kind == VERDICT_WAITS_FOREVER; /* the sentence names the first one */
	if (!verdict->goid_count || (named && verdict->goid_count == 1))
		return;
	output_printf(output, STYLE_DIM, "    goroutine%s", verdict->goid_count == 1 ? "" : "s");
	for (size_t i = 0; i < verdict->goid_count && i < SHOWN_IDS; i++)
		output_printf(output, STYLE_PLAIN, "%s %" PRIu64, i ? "," : "", verdict->goids[i]);
	if (verdict->goid_count > SHOWN_IDS)
		output_printf(output, STYLE_PLAIN, ", … %zu more", verdict->goid_count - SHOWN_IDS);
	output_printf(output, STYLE_PLAIN, "\n");
}

static void one_text(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict, size_t count)
{
	struct output *output = &session->out;
	unsigned width = output->width && output->width < WIDTH ? output->width : WIDTH;
	_cleanup_free_ char *sentence = verdict_sentence(session, forest, verdict);
	_cleanup_free_ char *next = verdict_next(forest, verdict);
	if (count > 1)
		output_printf(output, STYLE_STRONG, "%zu × ", count);
	output_printf(output, verdict_is_mild(verdict->kind) ? STYLE_STRONG : STYLE_FINDING, "%s%s",
		verdict_is_mild(verdict->kind) ? "note: " : "", verdict_name(verdict->kind));
	output_printf(output, STYLE_PLAIN, "%s\n", count > 1 ? ", for example" : "");
	output_wrapped(output, sentence ? sentence : "?", 4, width);
	goroutines_text(output, verdict);
	output_printf(output, STYLE_DIM, "    next: ");
	output_printf(output, STYLE_STRONG, "%s\n\n", next ? next : "?");
}

void verdict_groups_deinit(struct verdict_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].location);
	free(groups->items);
}

struct error *group_verdicts(struct session *session, const struct context_forest *forest,
	const struct verdicts *verdicts, bool all, size_t *group_of, struct verdict_groups *ret)
{
	ret->items = calloc(verdicts->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_no_memory();
	for (size_t i = 0; i < verdicts->count; i++) {
		const struct verdict *verdict = &verdicts->items[i];
		_cleanup_free_ char *location =
			all ? strdup("") : verdict_location(session, verdict);
		size_t at = all ? ret->count : 0;
		struct error *err = location ? target_check(session->target) : error_no_memory();
		if (err)
			return err;
		while (at < ret->count && (strcmp(location, ret->items[at].location) != 0 ||
						  !verdicts_are_similar(forest, verdict,
							  &verdicts->items[ret->items[at].first])))
			at++;
		if (at == ret->count)
			ret->items[ret->count++] = (struct verdict_group){
				.first = i, .location = take_pointer(location)};
		ret->items[at].count++;
		if (group_of)
			group_of[i] = at;
	}
	return NULL;
}

/* Verdicts before notes, then the largest group; equal ones in the order of the verdicts. */
static int compare_groups(const void *a, const void *b, void *context)
{
	const struct verdict_group *x = a, *y = b;
	const struct verdicts *verdicts = context;
	bool x_mild = verdict_is_mild(verdicts->items[x->first].kind);
	bool y_mild = verdict_is_mild(verdicts->items[y->first].kind);
	if (x_mild != y_mild)
		return x_mild ? 1 : -1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->first > y->first) - (x->first < y->first);
}

/* ": 40 not-propagated, 31 cancel-ignored" */
static void write_kinds(FILE *stream, const struct verdicts *verdicts, size_t first, size_t count)
{
	size_t counts[KINDS] = {0};
	for (size_t i = first; i < first + count; i++)
		counts[verdicts->items[i].kind]++;
	for (size_t printed = 0; printed < count;) {
		size_t most = 0;
		for (size_t i = 1; i < KINDS; i++)
			most = counts[i] > counts[most] ? i : most;
		fprintf(stream, "%s %zu %s", printed ? "," : ":", counts[most],
			verdict_name((enum verdict_kind)most));
		printed += counts[most];
		counts[most] = 0;
	}
}

/* "71 verdicts on 303 contexts: 40 not-propagated, 31 cancel-ignored; 2 notes: 2 cancel-pending" */
static void summary(
	struct output *output, const struct context_forest *forest, const struct verdicts *verdicts)
{
	size_t notes = verdicts->mild_count, count = verdicts->count - notes, size;
	char number[32], *text = NULL;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return;
	fprintf(stream, " on %zu context%s%s", forest->count, forest->count == 1 ? "" : "s",
		forest->partial ? " (some memory could not be read: there may be more)" : "");
	write_kinds(stream, verdicts, 0, count);
	if (notes)
		fprintf(stream, "; %zu note%s", notes, notes == 1 ? "" : "s");
	write_kinds(stream, verdicts, count, notes);
	snprintf(number, sizeof(number), "%zu verdict%s", count, count == 1 ? "" : "s");
	output_printf(output, STYLE_STRONG, "%s", number);
	if (fclose(stream) == 0)
		output_paragraph(output, text, (unsigned)strlen(number));
	free(text);
	if (verdicts->count)
		output_newline(output);
}

static void undecided_text(struct output *output, const struct verdicts *verdicts)
{
	char text[256];
	size_t count = verdicts->suspect_count, late = verdicts->undecided_deadlines;
	if (late) {
		snprintf(text, sizeof(text),
			"undecided: %zu deadline%s passed, but the process was crashing, and Go's "
			"runtime stops scheduling while it prints tracebacks",
			late, late == 1 ? " has" : "s have");
		output_wrapped(output, text, 0, output->width);
	}
	if (count) {
		snprintf(text, sizeof(text),
			"undecided: %zu goroutine%s blocked with a canceled context, but possibly "
			"only since a moment ago",
			count, count == 1 ? " is" : "s are");
		output_wrapped(output, text, 0, output->width);
	}
}

/* A program without verdicts may have another runtime that has some. */
static void runtimes_text(struct session *session)
{
	struct runtimes runtimes;
	char text[256];
	program_runtimes(session->program, &runtimes);
	if (runtimes.count > 1 && runtimes_sentence(&runtimes, text, sizeof(text))) {
		output_text(&session->out, STYLE_DIM, text);
		output_newline(&session->out);
	}
}

/* Prints one verdict of each group of similar ones. */
static struct error *ctx_check_render_text(struct session *session,
	const struct context_forest *forest, const struct verdicts *verdicts, bool all)
{
	enum { SHOWN = 5 }; /* groups of one kind */
	struct output *output = &session->out;
	_cleanup_(verdict_groups_deinit) struct verdict_groups groups = {0};
	size_t shown[KINDS] = {0}, hidden[KINDS] = {0};
	struct error *err = group_verdicts(session, forest, verdicts, all, NULL, &groups);
	if (err)
		return err;
	if (groups.count)
		qsort_r(groups.items, groups.count, sizeof(*groups.items), compare_groups,
			(void *)(uintptr_t)verdicts);
	runtimes_text(session);
	summary(output, forest, verdicts);
	for (size_t i = 0; i < groups.count && !output_failed(output); i++) {
		const struct verdict_group *group = &groups.items[i];
		const struct verdict *verdict = &verdicts->items[group->first];
		if (all || shown[verdict->kind]++ < SHOWN)
			one_text(session, forest, verdict, group->count);
		else
			hidden[verdict->kind] += group->count;
	}
	for (size_t i = 0; i < KINDS; i++)
		if (hidden[i])
			output_printf(output, STYLE_DIM, "… and %zu more %s (--all)\n\n", hidden[i],
				verdict_name((enum verdict_kind)i));
	undecided_text(output, verdicts);
	return NULL;
}

static struct error *one_json(struct session *session, struct json *json,
	const struct context_forest *forest, const struct verdict *verdict)
{
	struct error *err = target_check(session->target);
	if (err)
		return err;
	_cleanup_free_ char *sentence = verdict_sentence(session, forest, verdict);
	_cleanup_free_ char *next = verdict_next(forest, verdict);
	const struct context *context = &forest->items[verdict->context];
	json_object(json, NULL);
	json_string(json, "kind", verdict_name(verdict->kind));
	json_address(json, "ctx", context->address);
	json_string(json, "type", context->type->name);
	if (verdict->other != CONTEXT_NONE)
		json_address(json, "other_ctx", forest->items[verdict->other].address);
	json_array(json, "goroutines");
	for (size_t i = 0; i < verdict->goid_count; i++)
		json_uint(json, NULL, verdict->goids[i]);
	json_end(json);
	if (verdict->count)
		json_uint(json, "count", verdict->count);
	if (verdict->seconds_ns)
		json_double(json, "seconds", (double)verdict->seconds_ns / 1e9);
	if (verdict->frame.function)
		frame_json(json, "frame", &verdict->frame);
	json_string(json, "text", sentence);
	json_string(json, "next", next);
	json_end(json);
	return sentence && next ? NULL : error_no_memory();
}

static struct error *some_json(struct session *session, struct json *json, const char *key,
	const struct context_forest *forest, const struct verdicts *verdicts, size_t first,
	size_t count)
{
	struct error *err = NULL;
	json_array(json, key);
	for (size_t i = first; !err && i < first + count && !output_failed(&session->out); i++)
		err = one_json(session, json, forest, &verdicts->items[i]);
	json_end(json);
	return err;
}

static struct error *ctx_check_render_json(struct session *session,
	const struct context_forest *forest, const struct verdicts *verdicts)
{
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_string(json, "go", program_go_version(session->program));
	struct runtimes runtimes;
	program_runtimes(session->program, &runtimes);
	runtimes_json(json, &runtimes);
	size_t count = verdicts->count - verdicts->mild_count;
	struct error *err = some_json(session, json, "verdicts", forest, verdicts, 0, count);
	if (!err)
		err = some_json(
			session, json, "notes", forest, verdicts, count, verdicts->mild_count);
	json_uint(json, "undecided", verdicts->suspect_count + verdicts->undecided_deadlines);
	json_uint(json, "undecided_deadlines", verdicts->undecided_deadlines);
	if (forest->partial)
		json_bool(json, "partial", true);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static struct error *ctx_check_run(struct session *session, const struct arguments *arguments)
{
	const struct context_forest *forest;
	struct verdicts verdicts = {0};
	int64_t grace_ns = DEFAULT_GRACE_NS;
	const char *grace = argument_value(arguments, "grace");
	struct error *err = grace ? argument_duration(grace, "--grace", &grace_ns) : NULL;
	if (!err)
		err = verdicts_load(
			session, grace_ns, !argument_given(arguments, "stay"), &forest, &verdicts);
	if (err)
		return err;
	if (argument_given(arguments, "json"))
		err = ctx_check_render_json(session, forest, &verdicts);
	else
		err = ctx_check_render_text(
			session, forest, &verdicts, argument_given(arguments, "all"));
	size_t count = verdicts.count - verdicts.mild_count;
	verdicts_deinit(&verdicts);
	if (!err && count)
		err = error_create(ERROR_FINDINGS, "%zu verdict%s", count, count == 1 ? "" : "s");
	return err;
}

static const struct command_option options[] = {
	{"grace", 0, "DURATION", "ignore problems that have lasted for less than this (default 1s)",
		NULL},
	{"stay", 0, NULL, "do not wait and inspect a live process a second time", NULL},
	{"all", 'a', NULL, "every verdict, even if many are similar", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_check_command = {
	.name = "ctx check",
	.group = GROUP_CONTEXTS,
	.usage = "ctx check [--grace DURATION] [--stay] [--all] [--json]",
	.summary = "Finds stuck cancellations; sets exit status 3 if there are any",
	.help = "The verdicts are:\nnot-propagated   a context was canceled, but a "
		"descendant was not\ncancel-ignored   a goroutine with a canceled "
		"context is blocked elsewhere\ndeadline-passed  a context's deadline has "
		"passed, but it was not canceled\nwaits-forever    a goroutine waits on "
		"a nil channel and holds a context that\n                 nothing can "
		"cancel\npile-up          a context accumulates children that nothing "
		"uses any more\nlost-wakeup      a goroutine is still parked on a closed "
		"Done channel\n\nNotes are milder and do not change the exit status:\n"
		"cancel-pending   like cancel-ignored, but the goroutine waits for data, a "
		"sleep\n                 or a timer, which ends by itself\n"
		"ends-later       like not-propagated, but the context has a Done channel "
		"of its\n                 own that something can still close\n\nVerdicts that "
		"differ only in addresses and goroutines are shown as one; --all shows each. "
		"A verdict requires proof: a "
		"cancellation that may still be in progress is not reported. If a "
		"goroutine with a canceled context may have blocked only a moment ago, "
		"or a deadline passed while the process was stopped, gctxdbg waits for "
		"the grace period while a live process runs, then inspects it again. In "
		"a core, a goroutine counts only if a garbage collection found it "
		"blocked and ended longer ago than the grace period. In the core of a "
		"program that was crashing, deadlines in the past are undecided: the "
		"runtime fires no timers while it prints tracebacks.",
	.example = "ctx check --grace 5s --json",
	.options = options,
	.needs_target = true,
	.run = ctx_check_run,
};
REGISTER_COMMAND(ctx_check_command);
