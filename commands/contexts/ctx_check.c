/* `ctx check`: verdicts on cancellations that do not arrive. */
#include <inttypes.h>

#include "commands/goroutines/goroutine_view.h"
#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "commands/contexts/verdict_text.h"
#include "dbg/go/go_program.h"

enum { SHOWN_IDS = 12, WIDTH = 100 };

static void goroutines_text(struct output *output, const struct verdict *verdict)
{
	bool named = verdict->kind == VERDICT_CANCEL_IGNORED ||
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
	output_printf(output, STYLE_WARNING, "%s", verdict_name(verdict->kind));
	output_printf(output, STYLE_PLAIN, "%s\n", count > 1 ? ", for example" : "");
	output_wrapped(output, sentence ? sentence : "?", 4, width);
	goroutines_text(output, verdict);
	output_printf(output, STYLE_DIM, "    next: ");
	output_printf(output, STYLE_STRONG, "%s\n\n", next ? next : "?");
}

/* Verdicts that differ only in their contexts and goroutines. */
struct verdict_group {
	size_t first, count;
	char *location;
};

struct verdict_groups {
	struct verdict_group *items;
	size_t count;
};

static void verdict_groups_deinit(struct verdict_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].location);
	free(groups->items);
}

/* Groups similar verdicts; with `all`, each is a group of its own. */
static struct error *group_verdicts(struct session *session, const struct context_forest *forest,
	const struct verdicts *verdicts, bool all, struct verdict_groups *ret)
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
	}
	return NULL;
}

/* "71 verdicts on 303 contexts: 40 not-propagated, 31 cancel-ignored" */
static void summary(
	struct output *output, const struct context_forest *forest, const struct verdicts *verdicts)
{
	output_printf(output, STYLE_STRONG, "%zu verdict%s", verdicts->count,
		verdicts->count == 1 ? "" : "s");
	output_printf(output, STYLE_PLAIN, " on %zu context%s", forest->count,
		forest->count == 1 ? "" : "s");
	for (size_t i = 0, end; i < verdicts->count; i = end) {
		enum verdict_kind kind = verdicts->items[i].kind;
		for (end = i + 1; end < verdicts->count && verdicts->items[end].kind == kind;)
			end++;
		output_printf(output, STYLE_PLAIN, "%s %zu %s", i ? "," : ":", end - i,
			verdict_name(kind));
	}
	output_printf(output, STYLE_PLAIN, "\n%s", verdicts->count ? "\n" : "");
}

static void undecided_text(struct output *output, size_t count)
{
	if (count)
		output_printf(output, STYLE_DIM,
			"undecided: %zu goroutine%s blocked with a canceled context, but possibly "
			"only since a moment ago\n",
			count, count == 1 ? " is" : "s are");
}

/* Prints one verdict of each group of similar ones. */
static struct error *ctx_check_render_text(struct session *session,
	const struct context_forest *forest, const struct verdicts *verdicts, bool all)
{
	enum { SHOWN = 5 }; /* groups of one kind */
	struct output *output = &session->out;
	_cleanup_(verdict_groups_deinit) struct verdict_groups groups = {0};
	size_t of_kind = 0, hidden = 0;
	struct error *err = group_verdicts(session, forest, verdicts, all, &groups);
	if (err)
		return err;
	summary(output, forest, verdicts);
	for (size_t i = 0; i < groups.count && !output_failed(output); i++) {
		const struct verdict_group *group = &groups.items[i];
		const struct verdict *verdict = &verdicts->items[group->first];
		if (!i || verdicts->items[group[-1].first].kind != verdict->kind)
			of_kind = hidden = 0;
		if (all || of_kind++ < SHOWN)
			one_text(session, forest, verdict, group->count);
		else
			hidden += group->count;
		bool last = i + 1 == groups.count ||
			    verdicts->items[group[1].first].kind != verdict->kind;
		if (last && hidden)
			output_printf(output, STYLE_DIM, "… and %zu more %s (--all)\n\n", hidden,
				verdict_name(verdict->kind));
	}
	undecided_text(output, verdicts->suspect_count);
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

static struct error *ctx_check_render_json(struct session *session,
	const struct context_forest *forest, const struct verdicts *verdicts)
{
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_string(json, "go", program_go_version(session->program));
	json_array(json, "verdicts");
	struct error *err = NULL;
	for (size_t i = 0; !err && i < verdicts->count && !output_failed(&session->out); i++)
		err = one_json(session, json, forest, &verdicts->items[i]);
	json_end(json);
	json_uint(json, "undecided", verdicts->suspect_count);
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
	size_t count = verdicts.count;
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
		"Done channel\n\nVerdicts that differ only in addresses and goroutines "
		"are shown as one; --all shows each. A verdict requires proof: a "
		"cancellation that may still be in progress is not reported. If a "
		"goroutine with a canceled context may have blocked only a moment ago, "
		"or a deadline passed while the process was stopped, gctxdbg waits for "
		"the grace period while a live process runs, then inspects it again. In "
		"a core, a goroutine counts only if it blocked before the end of the "
		"last garbage collection and that was longer ago than the grace period.",
	.example = "ctx check --grace 5s --json",
	.options = options,
	.needs_target = true,
	.run = ctx_check_run,
};
REGISTER_COMMAND(ctx_check_command);
