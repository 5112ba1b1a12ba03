/* The command `info breakpoints`, and printing breakpoints: see break_list.h. */
#include "commands/breakpoints/break_list.h"

#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/session/registry.h"
#include "dbg/go/stacks/function.h"

const char *breakpoint_kind_name(enum breakpoint_kind kind)
{
	static const char *const names[] = {
		[BREAKPOINT_STOP] = "break",
		[BREAKPOINT_TEMPORARY] = "tbreak",
		[BREAKPOINT_TRACE] = "trace",
	};
	return (size_t)kind < array_length(names) ? names[kind] : "?";
}

static void location_text(struct output *output, const struct breakpoint_location *location)
{
	output_text(
		output, STYLE_FUNCTION, location->code.function ? location->code.function : "?");
	if (location->code.file) {
		output_printf(output, STYLE_PLAIN, "  ");
		output_text(output, STYLE_PLAIN,
			source_short_path(location->code.function, location->code.file));
		output_printf(output, STYLE_PLAIN, ":%d", location->code.line);
	}
	output_printf(output, STYLE_ADDRESS, "  0x%" PRIx64, location->code.pc);
	if (location->inlined_into) {
		output_printf(output, STYLE_DIM, "  inlined into ");
		output_text(output, STYLE_DIM, location->inlined_into);
	}
}

void breakpoint_summary(struct output *output, const struct breakpoint *breakpoint)
{
	output_printf(output, STYLE_STRONG, "%s %d",
		breakpoint->kind == BREAKPOINT_TRACE ? "tracepoint" : "breakpoint",
		breakpoint->number);
	output_printf(output, STYLE_PLAIN, " at ");
	output_text(output, STYLE_FUNCTION, breakpoint->what);
	if (breakpoint->location_count == 1) {
		output_printf(output, STYLE_PLAIN, ": ");
		location_text(output, &breakpoint->locations[0]);
	} else {
		output_printf(output, STYLE_PLAIN, ": %zu locations", breakpoint->location_count);
	}
	output_printf(output, STYLE_PLAIN, "\n");
}

static void locations_json(struct json *json, const struct breakpoint *breakpoint)
{
	json_array(json, "places");
	for (size_t i = 0; i < breakpoint->location_count; i++) {
		const struct breakpoint_location *location = &breakpoint->locations[i];
		json_object(json, NULL);
		json_string(json, "func", location->code.function);
		json_string(json, "file", location->code.file);
		json_int(json, "line", location->code.line);
		json_address(json, "pc", location->code.pc);
		json_string(json, "inlined_into", location->inlined_into);
		json_end(json);
	}
	json_end(json);
}

static void extra_json(struct json *json, const struct break_extra *extra)
{
	json_array(json, "commands");
	for (size_t i = 0; extra && i < extra->commands.count; i++)
		json_string(json, NULL, extra->commands.items[i].text);
	json_end(json);
	json_string(json, "count_by",
		extra && extra->counts ? break_counts_fields(extra->counts) : NULL);
}

void breakpoint_json(struct json *json, const char *key, const struct break_session *breaks,
	const struct breakpoint *breakpoint)
{
	json_object(json, key);
	json_int(json, "number", breakpoint->number);
	json_string(json, "kind", breakpoint_kind_name(breakpoint->kind));
	json_string(json, "what", breakpoint->what);
	json_bool(json, "enabled", breakpoint->enabled);
	json_string(json, "condition", breakpoint->condition);
	json_uint(json, "hits", breakpoint->hits);
	json_uint(json, "times_false", breakpoint->times_false);
	json_uint(json, "ignored", breakpoint->ignored);
	json_uint(json, "ignore_left", breakpoint->ignore_left);
	json_uint(json, "failures", breakpoint->failures);
	json_string(json, "problem", breakpoint->problem);
	if (breakpoint->evaluation_ns > 0)
		json_double(json, "evaluation_ns", breakpoint->evaluation_ns);
	else
		json_null(json, "evaluation_ns");
	locations_json(json, breakpoint);
	extra_json(json, break_session_find_extra(breaks, breakpoint->number));
	json_end(json);
}

static void note_text(struct output *output, const char *title, const char *text)
{
	output_printf(output, STYLE_DIM, "    %s ", title);
	output_text(output, STYLE_PLAIN, text);
	output_printf(output, STYLE_PLAIN, "\n");
}

static void counters_text(struct output *output, const struct breakpoint *breakpoint)
{
	output_printf(output, STYLE_PLAIN, "    hit %" PRIu64 " time%s", breakpoint->hits,
		breakpoint->hits == 1 ? "" : "s");
	if (breakpoint->condition)
		output_printf(output, STYLE_PLAIN, ", condition false %" PRIu64 " times",
			breakpoint->times_false);
	if (breakpoint->failures)
		output_printf(output, STYLE_WARNING, ", not evaluated %" PRIu64 " times",
			breakpoint->failures);
	if (breakpoint->ignored)
		output_printf(
			output, STYLE_PLAIN, ", ignored %" PRIu64 " times", breakpoint->ignored);
	if (breakpoint->ignore_left)
		output_printf(output, STYLE_PLAIN, ", ignoring the next %" PRIu64,
			breakpoint->ignore_left);
	if (breakpoint->evaluation_ns > 0)
		output_printf(output, STYLE_DIM, ", evaluated in %.2f µs each",
			breakpoint->evaluation_ns / 1000);
	output_printf(output, STYLE_PLAIN, "\n");
}

static void one_text(struct output *output, const struct break_session *breaks,
	const struct breakpoint *breakpoint)
{
	enum { LOCATIONS_SHOWN = 12 };
	const struct break_extra *extra = break_session_find_extra(breaks, breakpoint->number);
	output_printf(output, STYLE_STRONG, "%3d ", breakpoint->number);
	output_printf(output, STYLE_PLAIN, "%s ", breakpoint_kind_name(breakpoint->kind));
	output_text(output, STYLE_FUNCTION, breakpoint->what);
	output_printf(output, STYLE_WARNING, "%s\n", breakpoint->enabled ? "" : "  (disabled)");
	if (breakpoint->condition)
		note_text(output, "if", breakpoint->condition);
	counters_text(output, breakpoint);
	if (breakpoint->problem)
		note_text(output, "could not evaluate its condition:", breakpoint->problem);
	if (extra && extra->counts)
		note_text(output, "counted by", break_counts_fields(extra->counts));
	for (size_t i = 0; i < breakpoint->location_count && i < LOCATIONS_SHOWN; i++) {
		output_printf(output, STYLE_PLAIN, "    ");
		location_text(output, &breakpoint->locations[i]);
		output_printf(output, STYLE_PLAIN, "\n");
	}
	if (breakpoint->location_count > LOCATIONS_SHOWN)
		output_printf(output, STYLE_DIM, "    … %zu more locations\n",
			breakpoint->location_count - LOCATIONS_SHOWN);
	for (size_t i = 0; extra && i < extra->commands.count; i++)
		note_text(output, "   ", extra->commands.items[i].text);
}

static struct error *run_info(struct session *session, const struct arguments *arguments)
{
	const struct break_session *breaks = session->breaks;
	struct breakpoint breakpoint;
	bool json = argument_given(arguments, "json"), any = false;
	struct json *document = json ? json_create(&session->out) : NULL;
	if (json && !document)
		return error_no_memory();
	if (json)
		json_array(document, "breakpoints");
	for (size_t i = 0; breaks && breakpoints_get(breaks->breakpoints, i, &breakpoint); i++) {
		any = true;
		if (json)
			breakpoint_json(document, NULL, breaks, &breakpoint);
		else
			one_text(&session->out, breaks, &breakpoint);
	}
	if (json)
		json_finish(document);
	else if (!any)
		output_printf(&session->out, STYLE_PLAIN, "no breakpoints\n");
	return NULL;
}

void complete_breakpoint(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	struct breakpoint breakpoint;
	(void)word_index;
	for (size_t i = 0;
		session->breaks && breakpoints_get(session->breaks->breakpoints, i, &breakpoint);
		i++) {
		char text[16];
		snprintf(text, sizeof(text), "%d", breakpoint.number);
		completions_add(candidates, word, text);
	}
}

void complete_first_breakpoint(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	if (!word_index)
		complete_breakpoint(session, word_index, word, candidates);
}

static const struct command_option options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const aliases[] = {"breakpoints", "bp", "bps", "info break", "info b", NULL};

static const struct command info_breakpoints_command = {
	.name = "info breakpoints",
	.aliases = aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "info breakpoints [--json]",
	.summary = "Lists the breakpoints: locations, hits, false conditions, evaluation time",
	.help = "\"hit\" includes hits whose condition was false. The time is the average for "
		"evaluating a hit; it does not include the trap, which takes longer.",
	.example = "info breakpoints",
	.options = options,
	.needs_target = true,
	.while_running = true,
	.run = run_info,
};
REGISTER_COMMAND(info_breakpoints_command);
