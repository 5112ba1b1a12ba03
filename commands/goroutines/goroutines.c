/* `goroutines`: lists goroutines or groups of goroutines, with or without stacks. */
#include <inttypes.h>

#include "commands/goroutines/goroutine_cells.h"
#include "commands/goroutines/goroutine_groups.h"
#include "commands/goroutines/goroutine_view.h"
#include "commands/session/message.h"
#include "commands/render/json.h"
#include "commands/render/table.h"
#include "commands/session/registry.h"
#include "commands/goroutines/goroutine_diff.h"
#include "dbg/go/go_program.h"

static bool all_frames(const struct session *session, const struct arguments *arguments)
{
	return session->settings.runtime_frames || argument_given(arguments, "all-frames");
}

/* Why the filter cannot decide: it only depends on wait times. */
static const char *undecided_reason(
	struct program *program, const struct goroutine_matches *matches)
{
	for (size_t i = 0; i < matches->list->count; i++) {
		struct wait_time time = goroutine_wait_time(program, &matches->list->items[i]);
		if (!matches->list->items[i].system && wait_time_is_known(&time))
			return "garbage collections give only bounds for it";
	}
	return wait_time_unknown_reason(program);
}

/* ": 1200 chan receive, 30 select, 4 running"; malloc'ed, NULL without memory. */
static char *states_text(struct session *session, const struct goroutine_matches *matches)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		return NULL;
	/* Counts by state, not by stack: cheap, and they fit on one line. */
	size_t counts[256] = {0};
	const char *names[256];
	size_t used = 0;
	for (size_t i = 0; i < matches->count; i++) {
		const char *state = goroutine_state(session->program, goroutine_match(matches, i));
		size_t j = 0;
		while (j < used && names[j] != state)
			j++;
		if (j == array_length(names))
			continue;
		if (j == used)
			names[used++] = state;
		counts[j]++;
	}
	for (size_t shown = 0; shown < used && shown < 6; shown++) {
		size_t best = 0;
		for (size_t j = 1; j < used; j++)
			best = counts[j] > counts[best] ? j : best;
		fprintf(stream, "%s%zu %s", shown ? ", " : ": ", counts[best], names[best]);
		counts[best] = 0;
	}
	if (used > 6)
		fputs(", …", stream);
	if (matches->hidden_system)
		fprintf(stream, "  (and %zu runtime goroutines: --system)", matches->hidden_system);
	if (matches->undecided)
		fprintf(stream, "; wait unknown for %zu: %s", matches->undecided,
			undecided_reason(session->program, matches));
	return fclose(stream) == 0 ? text : (free(text), NULL);
}

/* "1234 goroutines: 1200 chan receive, 30 select, 4 running" */
static void summary(struct session *session, const struct goroutine_matches *matches)
{
	char count[96];
	size_t used = 0;
	if (matches->matching > matches->count)
		used = (size_t)snprintf(count, sizeof(count), "the first %zu of ", matches->count);
	snprintf(count + used, sizeof(count) - used, "%zu goroutine%s", matches->matching,
		matches->matching == 1 ? "" : "s");
	_cleanup_free_ char *states = states_text(session, matches);
	output_printf(&session->out, STYLE_STRONG, "%s", count);
	output_paragraph(&session->out, states ? states : "", (unsigned)strlen(count));
}

static void context_cell(struct table *table, const struct goroutine_view *view)
{
	const struct context *context = goroutine_view_first_context(view);
	/* The address first: it is what the user types next, and narrow terminals cut the end. */
	if (context)
		table_cell(table, STYLE_PLAIN, "0x%" PRIx64 " %s%s", context->address,
			context->type->name, context->state == CONTEXT_CANCELED ? " canceled" : "");
	else
		table_cell(table, STYLE_DIM, "-");
}

/* What to print for each goroutine, and how. */
struct listing {
	struct session *session;
	struct table *table; /* NULL: headings with stacks instead of rows */
	struct json *json;   /* NULL: text */
	bool with_context, with_stacks, all_frames;
	bool with_times, with_bubbles, with_labels; /* columns of the table */
	bool wide; /* whole package paths, however long the lines are */
	bool any_waits;
	const char *headings[10];
	size_t waits_on, creator; /* numbers of these columns */
};

static void table_row(const struct listing *listing, struct goroutine_view *view)
{
	struct table *table = listing->table;
	struct program *program = view->program;
	const struct goroutine *goroutine = view->goroutine;
	const struct frame *top = stack_summary_frame(&view->stack);
	struct wait_time time = goroutine_wait_time(program, goroutine);
	char duration[72], wait[256], labels[256];
	struct code_location location;
	if (!view->wait_count)
		snprintf(wait, sizeof(wait), "-");
	else if (listing->with_context && goroutine_view_context(view, 0))
		snprintf(wait, sizeof(wait), "Done"); /* of the context in the CONTEXT column */
	else
		goroutine_describe_wait(view, &view->waits[0], wait, sizeof(wait));
	table_cell(table, STYLE_STRONG, "%" PRIu64, goroutine->goid);
	const char *state = goroutine_state(program, goroutine);
	if (goroutine->locked_m)
		table_cell(table, STYLE_PLAIN, "%s (locked)", state);
	else
		table_cell_text(table, STYLE_PLAIN, state);
	if (listing->with_bubbles && goroutine->bubble_id)
		table_cell(table, STYLE_PLAIN, "%" PRIu64, goroutine->bubble_id);
	else if (listing->with_bubbles)
		table_cell(table, STYLE_DIM, "-");
	if (listing->with_times)
		table_cell_text(
			table, STYLE_PLAIN, format_wait_time(&time, duration, sizeof(duration)));
	cell_wait(table, wait, view->wait_count);
	if (listing->with_context)
		context_cell(table, view);
	cell_frame(table, program, top, listing->wide);
	bool known = goroutine_creator(program, goroutine, &location);
	cell_creator(table, program, known ? &location : NULL, listing->wide);
	if (listing->with_labels)
		table_cell_text(table, STYLE_DIM,
			view->label_count ? labels_describe(view->labels, view->label_count, labels,
						    sizeof(labels))
					  : "-");
}

static bool print_goroutine(void *context, struct goroutine_view *view)
{
	struct listing *listing = context;
	struct output *output = &listing->session->out;
	if (listing->json) {
		goroutine_json(listing->json, view, listing->with_stacks);
	} else if (listing->table) {
		table_row(listing, view);
	} else {
		goroutine_heading(output, view);
		stack_text(output, &view->stack, listing->all_frames, SIZE_MAX);
		creator_text(output, view->program, view->goroutine, true);
		output_printf(output, STYLE_PLAIN, "\n");
	}
	return !output_failed(output);
}

static unsigned parts_shown(const struct listing *listing)
{
	unsigned parts = VIEW_WAITS;
	if (!listing->json || listing->with_stacks)
		parts |= VIEW_STACK;
	if (listing->json || listing->with_stacks || listing->with_labels)
		parts |= VIEW_LABELS;
	return parts | (listing->with_context ? VIEW_CONTEXTS : 0u);
}

static struct error *visit_all(struct listing *listing, const struct goroutine_matches *matches)
{
	return goroutine_matches_visit(
		listing->session, matches, parts_shown(listing), true, print_goroutine, listing);
}

/* Which columns have something to show. */
static void choose_columns(struct listing *listing, const struct goroutine_matches *matches)
{
	struct program *program = listing->session->program;
	for (size_t i = 0; i < matches->count; i++) {
		const struct goroutine *goroutine = goroutine_match(matches, i);
		struct wait_time time = {0};
		if (!listing->with_times)
			time = goroutine_wait_time(program, goroutine);
		listing->any_waits |= time.waits;
		listing->with_times |= wait_time_is_known(&time);
		listing->with_bubbles |= goroutine->bubble_id != 0;
		listing->with_labels |= goroutine->labels != 0;
	}
}

/* The table refers to `listing->headings`. */
static struct table *create_table(struct listing *listing)
{
	const char **headings = listing->headings;
	size_t count = 0;
	headings[count++] = ">GOID";
	headings[count++] = "STATE";
	if (listing->with_bubbles)
		headings[count++] = ">BUBBLE";
	if (listing->with_times)
		headings[count++] = ">WAIT";
	listing->waits_on = count;
	headings[count++] = "WAITS ON";
	if (listing->with_context)
		headings[count++] = "CONTEXT";
	headings[count++] = "AT";
	listing->creator = count;
	headings[count++] = "CREATED BY";
	if (listing->with_labels)
		headings[count++] = "LABELS";
	return table_create(headings);
}

static struct error *list_text(struct listing *listing, const struct goroutine_matches *matches)
{
	if (listing->with_stacks || !matches->count)
		return visit_all(listing, matches);
	choose_columns(listing, matches);
	_cleanup_(table_cleanup) struct table *table = create_table(listing);
	if (!table)
		return error_no_memory();
	/* IDs ascend: the last one is the widest. */
	char last[24];
	int digits = snprintf(
		last, sizeof(last), "%" PRIu64, goroutine_match(matches, matches->count - 1)->goid);
	struct output *output = &listing->session->out, unlimited = *output;
	unlimited.width = 0;
	if (listing->wide)
		output = &unlimited;
	table_stream(table, output);
	table_widen(table, 0, (unsigned)digits);
	table_narrow_first(table, listing->waits_on);
	table_make_optional(table, listing->creator);
	listing->table = table;
	struct error *err = visit_all(listing, matches);
	table_print(table, output);
	if (listing->any_waits && !listing->with_times)
		output_printf(&listing->session->out, STYLE_DIM, "no wait times: %s\n",
			wait_time_unknown_reason(listing->session->program));
	return err;
}

static struct error *goroutines_render_json(struct listing *listing,
	const struct goroutine_matches *matches, const struct goroutine_groups *groups)
{
	struct session *session = listing->session;
	struct error *err = NULL;
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_string(json, "go", program_go_version(session->program));
	if (groups) {
		err = goroutine_groups_json(session, json, groups);
	} else {
		listing->json = json;
		json_array(json, "goroutines");
		err = visit_all(listing, matches);
		json_end(json);
	}
	json_uint(json, "total", matches->matching);
	if (matches->undecided)
		json_uint(json, "undecided", matches->undecided);
	json_string(
		json, "clock", program_clock_is_exact(session->program) ? "exact" : "lower bound");
	if (matches->list->unreadable)
		json_uint(json, "unreadable", matches->list->unreadable);
	json_problem(json, err);
	json_finish(json);
	return err;
}

/* At least how many lines were printed. */
static size_t lines_at_least(const struct listing *listing, const struct goroutine_matches *matches,
	const struct goroutine_groups *groups)
{
	enum { HEAD = 3, STACK = 4 };
	if (groups)
		return HEAD + groups->count * (groups->by == GROUP_BY_STACK ? STACK : 1);
	return HEAD + matches->count * (listing->with_stacks ? STACK : 1);
}

static struct error *goroutines_render_text(struct listing *listing,
	const struct goroutine_matches *matches, const struct goroutine_groups *groups)
{
	struct session *session = listing->session;
	summary(session, matches);
	if (matches->count)
		output_printf(&session->out, STYLE_PLAIN, "\n");
	struct error *err = groups ? goroutine_groups_text(session, groups, listing->all_frames)
				   : list_text(listing, matches);
	/* The terminal has scrolled it away. */
	if (!err && session->out.height &&
		lines_at_least(listing, matches, groups) >= session->out.height)
		summary(session, matches);
	return err;
}

static struct error *group_option(
	const struct arguments *arguments, bool *ret_given, enum group_by *ret)
{
	const char *value = argument_value(arguments, "group");
	*ret_given = value != NULL;
	for (unsigned i = 0; value && group_by_names[i]; i++) {
		if (strcmp(value, group_by_names[i]) == 0)
			*ret = (enum group_by)i;
	}
	return NULL;
}

static struct error *run_since(
	struct session *session, const struct arguments *arguments, bool with_system)
{
	static const char *const others[] = {
		"where", "group", "limit", "stacks", "ctx", "all-frames", "wide"};
	for (size_t i = 0; i < array_length(others); i++) {
		if (argument_value(arguments, others[i]))
			return error_create(ERROR_USAGE,
				"goroutines: --since always compares all goroutines; it can be "
				"combined with --system and --json, but not with --%s",
				others[i]);
	}
	return goroutine_diff_show(session, with_system, argument_given(arguments, "json"));
}

static struct error *goroutines_run(struct session *session, const struct arguments *arguments)
{
	bool json = argument_given(arguments, "json"), grouped;
	enum group_by by = GROUP_BY_STACK;
	struct view_query query = {.where = argument_value(arguments, "where"),
		.with_system = json || argument_given(arguments, "system")};
	if (argument_given(arguments, "since"))
		return run_since(session, arguments, query.with_system);
	struct error *err = group_option(arguments, &grouped, &by);
	uint64_t limit = 0;
	if (!err && argument_value(arguments, "limit"))
		err = argument_number(argument_value(arguments, "limit"), "--limit", &limit);
	if (err)
		return err;
	query.limit = grouped ? 0 : limit; /* with --group, the limit is a number of groups */
	struct listing listing = {.session = session,
		.with_context = argument_given(arguments, "ctx"),
		.with_stacks = argument_given(arguments, "stacks"),
		.wide = argument_given(arguments, "wide"),
		.all_frames = all_frames(session, arguments)};
	struct goroutine_matches matches;
	struct goroutine_groups groups = {0};
	err = goroutine_matches_load(session, &query, &matches);
	if (!err && grouped)
		err = goroutine_groups_make(session, &matches, by, limit, &groups);
	/* Compute whatever may fail before printing; only the goroutines themselves are
	 * streamed. */
	if (!err && json)
		err = goroutines_render_json(&listing, &matches, grouped ? &groups : NULL);
	else if (!err)
		err = goroutines_render_text(&listing, &matches, grouped ? &groups : NULL);
	if (!err && matches.list->unreadable)
		session_warn(session, "%zu goroutines could not be read: the list is incomplete",
			matches.list->unreadable);
	goroutine_groups_deinit(&groups);
	goroutine_matches_deinit(&matches);
	return err;
}

static const struct command_option options[] = {
	{"stacks", 's', NULL, "print the stack of each goroutine", NULL},
	{"group", 'g', "KIND", "one line or stack per group, largest first", group_by_names},
	{"where", 'w', "EXPR", "only goroutines for which EXPR is true (help where)", NULL},
	{"limit", 'n', "N", "at most N goroutines or groups; 0 for all", NULL},
	{"ctx", 'c', NULL, "show the context each one waits on (searches the heap)", NULL},
	{"wide", 0, NULL, "whole package paths; do not fit the lines to the terminal", NULL},
	{"since", 0, NULL,
		"what was created, ended or has not moved since the previous snapshot or stop",
		NULL},
	{"system", 0, NULL, "include the runtime's own goroutines (--json always does)", NULL},
	{"all-frames", 'a', NULL, "include frames of runtime internals", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const aliases[] = {"grs", "ps", NULL};

static const struct command goroutines_command = {
	.name = "goroutines",
	.aliases = aliases,
	.group = GROUP_GOROUTINES,
	.usage = "goroutines [--stacks] [--group stack|status|wait|entry|creator|labels|bubble] "
		 "[--where EXPR] [--limit N] [--ctx] [--wide] [--since] [--system] [--all-frames] "
		 "[--json]",
	.summary = "Lists goroutines: what each waits on, for how long, where, and its creator",
	.help = "Without options, prints one line per goroutine. Go does not record when a "
		"goroutine blocks: only garbage collections leave a trace of it. So WAIT "
		"is a bound (≤75s, ≥10s) or two (10s–75s), and the column is missing if "
		"nothing is known. A snapshot improves it: the time since an earlier one "
		"is a bound, too. A filter that the bounds do not decide says for how "
		"many goroutines (\"undecided\" in JSON). In JSON, wait_min_seconds and "
		"wait_max_seconds are the bounds; wait_seconds is the time that Go's own "
		"tracebacks print, and may be too long or too short. A core does not "
		"record the current time: times in a core are relative to the newest "
		"timestamp in it, so there is no upper bound (\"clock\" in JSON).\n\n"
		"Goroutines in a bubble of testing/synctest have a BUBBLE column, and "
		"their times are by the bubble's clock.\n\nEach goroutine is printed as "
		"soon as it has been read, and \"| head\" ends the listing early. With --pause=stop, a live process "
		"stays stopped until the list is complete.\n\n--since compares with the "
		"previous snapshot, or with the state before the last \"continue\" if "
		"goroutines had been listed then or there were at most "
		"10,000.\n\n--group stack is the first thing to try for a leak: "
		"goroutines in the same state with the same stack, created by the same "
		"go statement, form one group. Labels are those of pprof.Do.",
	.example = "goroutines --group stack --where 'wait > 5m'    blocked for a long time",
	.options = options,
	.needs_target = true,
	.fields = goroutine_expr_fields,
	.run = goroutines_run,
};
REGISTER_COMMAND(goroutines_command);
