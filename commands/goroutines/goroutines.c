/* `goroutines`: lists goroutines or groups of goroutines, with or without stacks. */
#include <inttypes.h>

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

/* "1,234 goroutines: 1,200 chan receive, 30 select, 4 running" */
static void summary(struct session *session, const struct goroutine_matches *matches)
{
	struct output *output = &session->out;
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
	if (matches->matching > matches->count)
		output_printf(output, STYLE_STRONG, "the first %zu of ", matches->count);
	output_printf(output, STYLE_STRONG, "%zu goroutine%s", matches->matching,
		matches->matching == 1 ? "" : "s");
	for (size_t shown = 0; shown < used && shown < 6; shown++) {
		size_t best = 0;
		for (size_t j = 1; j < used; j++)
			best = counts[j] > counts[best] ? j : best;
		output_printf(output, STYLE_PLAIN, "%s%zu %s", shown ? ", " : ": ", counts[best],
			names[best]);
		counts[best] = 0;
	}
	if (used > 6)
		output_printf(output, STYLE_PLAIN, ", …");
	if (matches->hidden_system)
		output_printf(output, STYLE_DIM, "  (and %zu runtime goroutines: --system)",
			matches->hidden_system);
	output_printf(output, STYLE_PLAIN, "\n");
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

static void table_row(struct table *table, struct goroutine_view *view, bool with_context)
{
	struct program *program = view->program;
	const struct goroutine *goroutine = view->goroutine;
	const struct frame *top = stack_summary_frame(&view->stack);
	int64_t wait_ns = goroutine_wait_ns(program, goroutine);
	char duration[32] = "-", wait[256] = "-";
	struct code_location location;
	format_wait(program, wait_ns, duration, sizeof(duration));
	if (with_context && view->wait_count && goroutine_view_context(view, 0))
		snprintf(wait, sizeof(wait), "Done"); /* of the context in the CONTEXT column */
	else if (view->wait_count)
		goroutine_describe_wait(view, &view->waits[0], wait, sizeof(wait));
	table_cell(table, STYLE_STRONG, "%" PRIu64, goroutine->goid);
	table_cell(table, STYLE_PLAIN, "%s%s", goroutine_state(program, goroutine),
		goroutine->locked_m ? " (locked)" : "");
	table_cell(table, STYLE_PLAIN, "%s", duration);
	if (view->wait_count > 1)
		table_cell(table, STYLE_DIM, "%s +%zu", wait, view->wait_count - 1);
	else
		table_cell(table, STYLE_DIM, "%s", wait);
	if (with_context)
		context_cell(table, view);
	if (top && top->file && top->line)
		table_cell(table, STYLE_FUNCTION, "%s %s:%d", top->function, base_name(top->file),
			top->line);
	else
		table_cell(table, STYLE_FUNCTION, "%s", top ? top->function : "?");
	if (goroutine_creator(program, goroutine, &location))
		table_cell(table, STYLE_DIM, "%s", location.function);
	else
		table_cell(table, STYLE_DIM, "-");
}

/* What to print for each goroutine, and how. */
struct listing {
	struct session *session;
	struct table *table; /* NULL: headings with stacks instead of rows */
	struct json *json;   /* NULL: text */
	bool with_context, with_stacks, all_frames;
};

static bool print_goroutine(void *context, struct goroutine_view *view)
{
	struct listing *listing = context;
	struct output *output = &listing->session->out;
	if (listing->json) {
		goroutine_json(listing->json, view, listing->with_stacks);
	} else if (listing->table) {
		table_row(listing->table, view, listing->with_context);
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
	if (listing->json || listing->with_stacks)
		parts |= VIEW_LABELS;
	return parts | (listing->with_context ? VIEW_CONTEXTS : 0u);
}

static struct error *visit_all(struct listing *listing, const struct goroutine_matches *matches)
{
	return goroutine_matches_visit(
		listing->session, matches, parts_shown(listing), true, print_goroutine, listing);
}

static struct error *list_text(struct listing *listing, const struct goroutine_matches *matches)
{
	static const char *const plain[] = {
		">GOID", "STATE", ">WAIT", "WAITS ON", "AT", "CREATED BY", NULL};
	static const char *const wide[] = {
		">GOID", "STATE", ">WAIT", "WAITS ON", "CONTEXT", "AT", "CREATED BY", NULL};
	if (listing->with_stacks || !matches->count)
		return visit_all(listing, matches);
	_cleanup_(table_cleanup) struct table *table =
		table_create(listing->with_context ? wide : plain);
	if (!table)
		return error_no_memory();
	/* IDs ascend: the last one is the widest. */
	char last[24];
	int digits = snprintf(
		last, sizeof(last), "%" PRIu64, goroutine_match(matches, matches->count - 1)->goid);
	table_stream(table, &listing->session->out);
	table_widen(table, 0, (unsigned)digits);
	listing->table = table;
	struct error *err = visit_all(listing, matches);
	table_print(table, &listing->session->out);
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
	json_string(
		json, "clock", program_clock_is_exact(session->program) ? "exact" : "lower bound");
	if (matches->list->unreadable)
		json_uint(json, "unreadable", matches->list->unreadable);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static struct error *goroutines_render_text(struct listing *listing,
	const struct goroutine_matches *matches, const struct goroutine_groups *groups)
{
	struct session *session = listing->session;
	summary(session, matches);
	if (matches->count)
		output_printf(&session->out, STYLE_PLAIN, "\n");
	if (!groups)
		return list_text(listing, matches);
	return goroutine_groups_text(session, groups, listing->all_frames);
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
		"where", "group", "limit", "stacks", "ctx", "all-frames"};
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
	.usage = "goroutines [--stacks] [--group stack|status|wait|entry|creator] [--where EXPR] "
		 "[--limit N] [--ctx] [--since] [--system] [--all-frames] [--json]",
	.summary = "Lists goroutines: what each waits on, for how long, where, and its creator",
	.help = "Without options, prints one line per goroutine. WAIT is known only for "
		"goroutines that were waiting during a garbage collection: the runtime "
		"then records the end of the previous collection as the start of the "
		"wait, so WAIT may be too long by up to one collection cycle. A core "
		"does not record the current time: times in a core are relative to the "
		"newest timestamp in it and are lower bounds (\"clock\" in "
		"JSON).\n\nEach goroutine is printed as soon as it has been read, and "
		"\"| head\" ends the listing early. With --pause=stop, a live process "
		"stays stopped until the list is complete.\n\n--since compares with the "
		"previous snapshot, or with the state before the last \"continue\" if "
		"goroutines had been listed then or there were at most "
		"10,000.\n\n--group stack is the first thing to try for a leak: "
		"goroutines in the same state with the same stack, created by the same "
		"go statement, form one group.",
	.example = "goroutines --group stack --where 'wait > 5m'    blocked for a long time",
	.options = options,
	.needs_target = true,
	.fields = goroutine_expr_fields,
	.run = goroutines_run,
};
REGISTER_COMMAND(goroutines_command);
