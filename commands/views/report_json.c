/* The report as one JSON document: see report.h. */
#include <time.h>
#include <unistd.h>

#include "commands/data/crash_view.h"
#include "commands/data/info_view.h"
#include "commands/data/runtimes_view.h"
#include "commands/views/report.h"
#include "dbg/go/go_program.h"

static void head_json(struct json *json, const struct report *report)
{
	const struct session *session = report->session;
	const struct target *target = session->target;
	char host[256] = "?";
	gethostname(host, sizeof(host) - 1);
	json_string(json, "gctxdbg", GCTXDBG_VERSION);
	json_int(json, "time_unix_ms", (int64_t)time(NULL) * 1000);
	json_string(json, "host", host);
	json_string(json, "target", target->ops->kind);
	json_int(json, "pid", target->pid);
	json_string(json, "exe", report->summary.exe);
	json_string(json, "command", target->command_line);
	json_string(json, "go", program_go_version(session->program));
	runtimes_json(json, &report->summary.runtimes);
	if (report->summary.uptime_ns.present)
		json_double(json, "uptime_seconds", (double)report->summary.uptime_ns.value / 1e9);
	else
		json_null(json, "uptime_seconds");
	if (target->ops->cont && report->stopped_ns >= 0)
		json_double(json, "stopped_seconds", (double)report->stopped_ns / 1e9);
	else
		json_null(json, "stopped_seconds");
	json_uint(json, "threads", report->summary.threads);
	info_memory_json(json, &report->summary);
	crash_json(json, &report->crash);
}

static void place_json(
	struct json *json, const char *key, const char *function, const char *file, int line)
{
	if (!function) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_string(json, "func", function);
	json_string(json, "file", file);
	json_int(json, "line", line);
	json_end(json);
}

static void finding_json(
	struct json *json, const struct report *report, const struct finding *finding)
{
	const struct report_place none = {0};
	const struct report_place *place =
		finding->group_count ? &report->places[finding->groups[0]] : &none;
	json_object(json, NULL);
	json_string(json, "kind", finding->kind);
	json_bool(json, "note", finding->is_note);
	json_uint(json, "count", finding->goid_count);
	json_array(json, "goids");
	for (size_t i = 0; i < finding->goid_count; i++)
		json_uint(json, NULL, finding->goids[i]);
	json_end(json);
	json_array(json, "groups"); /* indexes into the list of groups */
	for (size_t i = 0; i < finding->group_count; i++)
		json_uint(json, NULL, finding->groups[i]);
	json_end(json);
	json_uint(json, "contexts", finding->contexts);
	place_json(json, "at", place->function, place->file, place->line);
	place_json(json, "created_by", place->has_creator ? place->creator.function : NULL,
		place->creator.file, place->creator.line);
	json_string(json, "text", finding->why);
	json_string(json, "next", finding->next);
	json_end(json);
}

static void findings_json(
	struct json *json, const struct report *report, const struct report_options *options)
{
	char sentence[128];
	report_sentence(report, sentence, sizeof(sentence));
	json_string(json, "summary", sentence);
	json_object(json, "goroutines");
	json_uint(json, "total", report->goroutines.count);
	json_uint(json, "stuck", report->stuck);
	json_uint(json, "runtime", report->runtime_goroutines);
	json_end(json);
	json_array(json, "findings");
	for (size_t i = 0; i < report->finding_count; i++) {
		if (options->limit && i == options->limit)
			break;
		finding_json(json, report, &report->findings[i]);
	}
	json_end(json);
	json_uint(json, "undecided",
		report->verdicts.suspect_count + report->verdicts.undecided_deadlines);
}

static void contexts_json(struct json *json, const struct context_forest *forest)
{
	size_t counts[CONTEXT_UNKNOWN + 1] = {0};
	if (!forest) {
		json_null(json, "contexts");
		return;
	}
	for (size_t i = 0; i < forest->count; i++)
		counts[forest->items[i].state]++;
	json_object(json, "contexts");
	json_uint(json, "total", forest->count);
	for (unsigned i = 0; i <= CONTEXT_UNKNOWN; i++)
		json_uint(json, context_state_name((enum context_state)i), counts[i]);
	json_end(json);
}

struct stacks_json {
	struct json *json;
	struct output *output;
};

static bool print_stack(void *context, struct goroutine_view *view)
{
	struct stacks_json *stacks = context;
	goroutine_json(stacks->json, view, true);
	return !output_failed(stacks->output);
}

static struct error *stacks_json(
	struct json *json, const struct report *report, const struct report_options *options)
{
	struct session *session = report->session;
	struct goroutine_groups shown = report->groups;
	if (options->limit && shown.count > options->limit)
		shown.count = options->limit;
	struct error *err = goroutine_groups_json(session, json, &shown);
	if (err || !options->stacks)
		return err;
	struct stacks_json stacks = {json, &session->out};
	json_array(json, "stacks");
	err = goroutine_matches_visit(
		session, &report->goroutines, VIEW_ALL, true, print_stack, &stacks);
	json_end(json);
	return err;
}

struct error *report_json(struct report *report, const struct report_options *options)
{
	struct json *json = json_create(&report->session->out);
	if (!json)
		return error_no_memory();
	head_json(json, report);
	findings_json(json, report, options);
	contexts_json(json, report->forest);
	struct error *err = stacks_json(json, report, options);
	info_build_json(json, program_build_info(report->session->program));
	json_string(json, "layouts", report->summary.layouts);
	json_problem(json, err);
	json_finish(json);
	return err;
}
