/* The report as text: see report.h. */
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "commands/contexts/context_tree.h"
#include "commands/data/crash_view.h"
#include "commands/data/info_view.h"
#include "commands/data/runtimes_view.h"
#include "commands/render/table.h"
#include "commands/views/report.h"
#include "dbg/go/go_program.h"

enum {
	WIDTH = 100,
	DEFAULT_FINDINGS = 20,
	DEFAULT_STACKS = 20, /* groups; all have a line */
	TREE_DEPTH = 6,
};

static size_t limited(size_t count, const struct report_options *options, size_t usual)
{
	size_t limit = options->limit_given ? options->limit : usual;
	return limit && count > limit ? limit : count;
}

static void heading(struct output *output, const char *text)
{
	output_printf(output, STYLE_STRONG, "%s\n", text);
}

/* ---- Head ---- */

static void title_text(struct output *output, const struct target *target)
{
	char host[256] = "?", date[64] = "?";
	time_t now = time(NULL);
	struct tm utc;
	gethostname(host, sizeof(host) - 1);
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &utc);
	output_printf(output, STYLE_STRONG, "%s %d",
		target->ops->cont ? "process" : "core of process", (int)target->pid);
	output_printf(
		output, STYLE_PLAIN, ", gctxdbg " GCTXDBG_VERSION " on host %s, %s\n", host, date);
}

static void stopped_text(const struct report *report)
{
	struct output *output = &report->session->out;
	char text[128];
	if (!report->session->target->ops->cont)
		return; /* a core does not tell */
	if (report->stopped_ns < 0)
		snprintf(text, sizeof(text),
			"since the debugger stopped it, until it resumes or leaves");
	else
		snprintf(text, sizeof(text), "for %.1f ms; it is running",
			(double)report->stopped_ns / 1e6);
	info_line(output, "stopped", text);
}

static void head_text(const struct report *report)
{
	struct session *session = report->session;
	struct output *output = &session->out;
	const struct summary *summary = &report->summary;
	char text[512], duration[32];
	title_text(output, session->target);
	crash_text(output, &report->crash, "died of", INFO_TITLE_WIDTH);
	info_line(output, "command",
		session->target->command_line ? session->target->command_line : "unknown");
	info_line(output, "program", summary->exe);
	if (runtimes_sentence(&summary->runtimes, text, sizeof(text)))
		info_line(output, "inspected", text);
	stopped_text(report);
	if (summary->uptime_ns.present) {
		format_duration((int64_t)summary->uptime_ns.value, duration, sizeof(duration));
		snprintf(text, sizeof(text), "%s%s",
			program_clock_is_exact(session->program) ? "" : "at least ", duration);
		info_line(output, "uptime", text);
	}
	size_t used = (size_t)snprintf(text, sizeof(text), "%s, %zu thread%s",
		program_go_version(session->program), summary->threads,
		summary->threads == 1 ? "" : "s");
	if (summary->gomaxprocs.value && used < sizeof(text))
		snprintf(text + used, sizeof(text) - used, ", GOMAXPROCS %" PRIu64,
			summary->gomaxprocs.value);
	info_line(output, "go", text);
	info_memory_text(output, summary);
}

/* ---- Findings ---- */

static void place_text(struct output *output, const struct report_place *place)
{
	output_text(output, STYLE_FUNCTION, place->function ? place->function : "?");
	if (place->file && place->line) {
		output_printf(output, STYLE_PLAIN, " ");
		output_text(output, STYLE_PLAIN, base_name(place->file));
		output_printf(output, STYLE_PLAIN, ":%d", place->line);
	}
}

static void where_text(
	struct output *output, const struct report *report, const struct finding *finding)
{
	size_t count = finding->goid_count;
	if (!count) {
		output_printf(output, STYLE_STRONG, "%zu context%s", finding->contexts,
			finding->contexts == 1 ? "" : "s");
		return;
	}
	output_printf(output, STYLE_STRONG, "%zu goroutine%s", count, count == 1 ? "" : "s");
	if (!finding->group_count)
		return;
	const struct report_place *first = &report->places[finding->groups[0]];
	bool elsewhere = false;
	for (size_t i = 1; i < finding->group_count; i++)
		elsewhere |= !report_same_place(first, &report->places[finding->groups[i]]);
	output_printf(output, STYLE_PLAIN, " in ");
	place_text(output, first);
	if (elsewhere)
		output_printf(output, STYLE_PLAIN, " and elsewhere");
}

static void creator_line(
	struct output *output, const struct report *report, const struct finding *finding)
{
	const struct report_place *place =
		finding->group_count ? &report->places[finding->groups[0]] : NULL;
	if (!place || !place->has_creator)
		return;
	const struct report_place creator = {.function = place->creator.function,
		.file = place->creator.file,
		.line = place->creator.line};
	output_printf(output, STYLE_DIM, "    created by ");
	place_text(output, &creator);
	output_newline(output);
}

static void finding_text(struct output *output, const struct report *report, size_t number)
{
	const struct finding *finding = &report->findings[number];
	unsigned width = output->width && output->width < WIDTH ? output->width : WIDTH;
	_cleanup_free_ char *why = NULL;
	output_printf(output, STYLE_STRONG, "\n%zu. ", number + 1);
	where_text(output, report, finding);
	output_printf(output, finding->is_note ? STYLE_DIM : STYLE_FINDING, "  [%s%s]\n",
		finding->is_note ? "note: " : "", finding->kind);
	creator_line(output, report, finding);
	if (asprintf(&why, "%s%s",
		    finding->contexts > 1 ? "why, for example: " : "why: ", finding->why) >= 0)
		output_wrapped(output, why, 4, width);
	output_printf(output, STYLE_DIM, "    next: ");
	output_printf(output, STYLE_STRONG, "%s\n", finding->next);
}

static void undecided_text(struct output *output, const struct verdicts *verdicts)
{
	if (verdicts->suspect_count)
		output_printf(output, STYLE_DIM,
			"\nundecided: %zu goroutine%s blocked with a canceled context, but "
			"possibly only since a moment ago\n",
			verdicts->suspect_count, verdicts->suspect_count == 1 ? " is" : "s are");
	if (verdicts->undecided_deadlines)
		output_printf(output, STYLE_DIM,
			"\nundecided: %zu deadline%s passed while the process was crashing\n",
			verdicts->undecided_deadlines,
			verdicts->undecided_deadlines == 1 ? " has" : "s have");
}

static void findings_text(const struct report *report, const struct report_options *options)
{
	struct output *output = &report->session->out;
	char sentence[128];
	report_sentence(report, sentence, sizeof(sentence));
	output_printf(output, report->stuck ? STYLE_FINDING : STYLE_STRONG, "\n%s", sentence);
	if (report->runtime_goroutines)
		output_printf(output, STYLE_DIM, "  (and %zu of the runtime)",
			report->runtime_goroutines);
	output_newline(output);
	size_t shown = limited(report->finding_count, options, DEFAULT_FINDINGS);
	for (size_t i = 0; i < shown; i++)
		finding_text(output, report, i);
	if (shown < report->finding_count)
		output_printf(output, STYLE_DIM,
			"\n… and %zu smaller findings (--limit 0 for all)\n",
			report->finding_count - shown);
	undecided_text(output, &report->verdicts);
	const struct target *target = report->session->target;
	if (!report->finding_count || report->session->interactive)
		return;
	output_printf(
		output, STYLE_DIM, "\nThe commands after \"next:\" are for the prompt: gctxdbg ");
	if (target->ops->cont)
		output_printf(output, STYLE_DIM, "attach %d\n", (int)target->pid);
	else
		output_printf(output, STYLE_DIM, "core EXE CORE\n");
}

/* ---- Groups ---- */

/* "→ 1, 3": the findings that some of the group's goroutines belong to. */
static void references(const struct report *report, size_t group, char *ret, size_t size)
{
	size_t used = 0;
	snprintf(ret, size, "%s", "");
	for (size_t i = 0; i < report->finding_count && used + 16 < size; i++) {
		const struct finding *finding = &report->findings[i];
		bool found = false;
		for (size_t j = 0; !found && j < finding->group_count; j++)
			found = finding->groups[j] == group;
		if (found)
			used += (size_t)snprintf(
				ret + used, size - used, "%s%zu", used ? ", " : "→ ", i + 1);
	}
}

static struct error *groups_text(const struct report *report, const struct report_options *options)
{
	static const char *const headings[] = {
		">COUNT", "STATE", ">LONGEST", "FINDING", "AT", "CREATED BY", NULL};
	struct output *output = &report->session->out;
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	table_omit_if_empty(table, 2);
	table_omit_if_empty(table, 3);
	size_t shown = limited(report->groups.count, options, 0);
	for (size_t i = 0; i < shown; i++) {
		const struct goroutine_group *group = &report->groups.items[i];
		const struct report_place *place = &report->places[i];
		char longest[72], found[64], line[256] = "";
		references(report, i, found, sizeof(found));
		table_cell(table, STYLE_STRONG, "%zu", group->count);
		table_cell(table, STYLE_PLAIN, "%s", group->label);
		table_cell(table, STYLE_PLAIN, "%s",
			format_wait_time(&group->longest, longest, sizeof(longest)));
		table_cell(table, STYLE_FINDING, "%s", found);
		if (place->file && place->line)
			snprintf(line, sizeof(line), "%s:%d", base_name(place->file), place->line);
		table_cell_tail(table, STYLE_FUNCTION,
			place->function ? function_short_name(place->function) : "?", line);
		table_cell(table, STYLE_DIM, "%s",
			place->has_creator ? function_short_name(place->creator.function) : "-");
	}
	output_newline(output);
	heading(output, "All goroutines, by stack");
	table_print(table, output);
	if (shown < report->groups.count)
		output_printf(output, STYLE_DIM, "… and %zu smaller groups (--limit)\n",
			report->groups.count - shown);
	bool timed = false, waits = false;
	for (size_t i = 0; i < report->groups.count; i++) {
		timed |= wait_time_is_known(&report->groups.items[i].longest);
		waits |= report->groups.items[i].longest.waits;
	}
	if (waits && !timed)
		output_printf(output, STYLE_DIM, "no wait times: %s\n",
			wait_time_unknown_reason(report->session->program));
	return NULL;
}

/* ---- Contexts ---- */

static void contexts_text(const struct report *report)
{
	struct output *output = &report->session->out;
	const struct context_forest *forest = report->forest;
	size_t counts[16] = {0}; /* by state */
	const char *separator = ": ";
	output_newline(output);
	heading(output, "Contexts");
	if (!forest || !forest->count) {
		output_printf(output, STYLE_PLAIN, "the program has no contexts\n");
		return;
	}
	for (size_t i = 0; i < forest->count; i++)
		counts[forest->items[i].state]++;
	output_printf(
		output, STYLE_PLAIN, "%zu context%s", forest->count, forest->count == 1 ? "" : "s");
	for (unsigned i = 0; i <= CONTEXT_UNKNOWN; i++) {
		if (!counts[i])
			continue;
		output_printf(output, STYLE_PLAIN, "%s%zu %s", separator, counts[i],
			context_state_name((enum context_state)i));
		separator = ", ";
	}
	output_newline(output);
}

static struct error *tree_text(const struct report *report)
{
	const struct context_forest *forest = report->forest;
	if (!forest || !forest->count)
		return NULL;
	_cleanup_free_ const char **marks = calloc(forest->count, sizeof(*marks));
	if (!marks)
		return error_no_memory();
	/* The most severe verdict on a context comes first and overwrites the others. */
	for (size_t i = report->verdicts.count; i-- > 0;)
		marks[report->verdicts.items[i].context] =
			verdict_name(report->verdicts.items[i].kind);
	heading(&report->session->out, "Context tree");
	const struct context_tree tree = {
		.session = report->session, .forest = forest, .marks = marks, .depth = TREE_DEPTH};
	struct error *err = context_tree_text(&tree, forest->roots, forest->root_count);
	if (!err)
		output_newline(&report->session->out);
	return err;
}

/* ---- Stacks ---- */

static bool print_stack(void *context, struct goroutine_view *view)
{
	struct session *session = context;
	goroutine_heading(&session->out, view);
	stack_text(&session->out, &view->stack, session->settings.runtime_frames, SIZE_MAX);
	creator_text(&session->out, view->program, view->goroutine, true);
	output_newline(&session->out);
	return !output_failed(&session->out);
}

static struct error *stacks_text(const struct report *report, const struct report_options *options)
{
	struct session *session = report->session;
	output_newline(&session->out);
	heading(&session->out, "Stacks");
	if (options->stacks)
		return goroutine_matches_visit(
			session, &report->goroutines, VIEW_ALL, true, print_stack, session);
	struct goroutine_groups shown = report->groups;
	shown.count = limited(shown.count, options, DEFAULT_STACKS);
	shown.left_out = report->groups.count - shown.count;
	struct error *err =
		goroutine_groups_text(session, &shown, session->settings.runtime_frames);
	if (!err && shown.left_out) /* its groups end with an empty line, this one does not */
		output_newline(&session->out);
	return err;
}

struct error *report_text(struct report *report, const struct report_options *options)
{
	struct output *output = &report->session->out;
	head_text(report);
	findings_text(report, options);
	struct error *err = report->groups.count ? groups_text(report, options) : NULL;
	if (err)
		return err;
	contexts_text(report);
	err = stacks_text(report, options);
	if (!err)
		err = tree_text(report);
	if (err)
		return err;
	heading(output, "Build");
	info_build_text(output, program_build_info(report->session->program));
	info_line(output, "layouts", report->summary.layouts);
	return NULL;
}
