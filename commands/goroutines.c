/* `goroutines`: all of them, filtered, grouped, with or without stacks. */
#include <inttypes.h>

#include "commands/goroutine_groups.h"
#include "commands/goroutine_view.h"
#include "commands/registry.h"
#include "commands/since.h"
#include "dbg/go/program.h"

static bool all_frames(const struct shell *shell, const struct arguments *arguments)
{
	return shell->settings.runtime_frames || argument_given(arguments, "all-frames");
}

/* "1,234 goroutines: 1,200 chan receive, 30 select, 4 running" */
static void summary(struct shell *shell, const struct goroutine_views *views)
{
	struct output *output = &shell->out;
	/* States, not stacks: cheap, and they fit on one line. */
	size_t counts[256] = {0};
	const char *names[256];
	size_t used = 0;
	for (size_t i = 0; i < views->count; i++) {
		const char *state = goroutine_state(shell->program, views->items[i].goroutine);
		size_t j = 0;
		while (j < used && names[j] != state)
			j++;
		if (j == array_length(names))
			continue;
		if (j == used)
			names[used++] = state;
		counts[j]++;
	}
	if (views->matching > views->count)
		output_printf(output, STYLE_STRONG, "the first %zu of ", views->count);
	output_printf(output, STYLE_STRONG, "%zu goroutine%s", views->matching,
		views->matching == 1 ? "" : "s");
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
	if (views->hidden_system)
		output_printf(output, STYLE_DIM, "  (and %zu of the runtime's own: --system)",
			views->hidden_system);
	output_printf(output, STYLE_PLAIN, "\n");
}

static void context_cell(struct table *table, const struct goroutine_view *view)
{
	const struct context *context = goroutine_view_first_context(view);
	/* The address first: it is what one types next, and narrow screens cut the end. */
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
	const struct frame *top = stack_telling_frame(&view->stack);
	int64_t wait_ns = goroutine_wait_ns(program, goroutine);
	char duration[32] = "-", wait[256] = "-";
	struct code_place place;
	format_wait(program, wait_ns, duration, sizeof(duration));
	if (with_context && view->wait_count && goroutine_view_context(view, 0))
		snprintf(wait, sizeof(wait), "Done"); /* of what the column says */
	else if (view->wait_count)
		goroutine_describe_wait(view, &view->waits[0], wait, sizeof(wait));
	table_cell(table, STYLE_STRONG, "%" PRIu64, goroutine->goid);
	table_cell(table, STYLE_PLAIN, "%s%s", goroutine_state(program, goroutine),
		goroutine->locked_machine ? " (locked)" : "");
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
	if (goroutine_creator(program, goroutine, &place))
		table_cell(table, STYLE_DIM, "%s", place.function);
	else
		table_cell(table, STYLE_DIM, "-");
}

static void list_text(struct shell *shell, struct goroutine_views *views, bool with_context)
{
	static const char *const plain[] = {
		">GOID", "STATE", ">SINCE", "WAITS ON", "AT", "CREATED BY", NULL};
	static const char *const wide[] = {
		">GOID", "STATE", ">SINCE", "WAITS ON", "CONTEXT", "AT", "CREATED BY", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(with_context ? wide : plain);
	for (size_t i = 0; table && i < views->count; i++)
		table_row(table, &views->items[i], with_context);
	if (table)
		table_print(table, &shell->out);
}

static void stacks_text(struct shell *shell, struct goroutine_views *views, bool all)
{
	for (size_t i = 0; i < views->count && !output_failed(&shell->out); i++) {
		goroutine_heading(&shell->out, &views->items[i]);
		stack_text(&shell->out, &views->items[i].stack, all, SIZE_MAX);
		creator_text(&shell->out, shell->program, views->items[i].goroutine, true);
		output_printf(&shell->out, STYLE_PLAIN, "\n");
	}
}

static struct error *render_json(struct shell *shell, struct goroutine_views *views, bool stacks,
	const struct goroutine_groups *groups)
{
	struct json *json = json_create(&shell->out);
	if (!json)
		return error_no_memory();
	json_string(json, "go", program_go_version(shell->program));
	if (groups) {
		goroutine_groups_json(json, groups);
	} else {
		json_array(json, "goroutines");
		for (size_t i = 0; i < views->count && !output_failed(&shell->out); i++)
			goroutine_json(json, &views->items[i], stacks);
		json_end(json);
	}
	json_uint(json, "total", views->matching);
	json_string(
		json, "clock", program_clock_is_exact(shell->program) ? "exact" : "lower bound");
	if (views->unreadable)
		json_uint(json, "unreadable", views->unreadable);
	json_finish(json);
	return NULL;
}

static void render_text(struct shell *shell, const struct arguments *arguments,
	struct goroutine_views *views, const struct goroutine_groups *groups)
{
	bool all = all_frames(shell, arguments);
	summary(shell, views);
	if (views->count)
		output_printf(&shell->out, STYLE_PLAIN, "\n");
	if (groups)
		goroutine_groups_text(&shell->out, groups, all);
	else if (argument_given(arguments, "stacks"))
		stacks_text(shell, views, all);
	else if (views->count)
		list_text(shell, views, argument_given(arguments, "ctx"));
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

static struct error *run(struct shell *shell, const struct arguments *arguments)
{
	bool json = argument_given(arguments, "json"), stacks = argument_given(arguments, "stacks");
	bool grouped;
	enum group_by by = GROUP_BY_STACK;
	struct view_query query = {.where = argument_value(arguments, "where"),
		.with_system = json || argument_given(arguments, "system")};
	if (argument_given(arguments, "since"))
		return since_show(shell, query.with_system, json);
	struct error *err = group_option(arguments, &grouped, &by);
	uint64_t limit = 0;
	if (!err && argument_value(arguments, "limit"))
		err = argument_number(argument_value(arguments, "limit"), "--limit", &limit);
	if (err)
		return err;
	query.limit = grouped ? 0 : limit; /* groups are limited, not what is in them */
	if (grouped)
		query.parts = by == GROUP_BY_STACK ? VIEW_STACK : 0;
	else if (json)
		query.parts = VIEW_WAITS | VIEW_LABELS | (stacks ? VIEW_STACK : 0u);
	else
		query.parts = VIEW_WAITS | VIEW_STACK | (stacks ? VIEW_LABELS : 0u);
	if (argument_given(arguments, "ctx") && !grouped)
		query.parts |= VIEW_CONTEXTS;
	struct goroutine_views views;
	struct goroutine_groups groups = {0};
	err = goroutine_views_load(shell, &query, &views);
	if (err)
		return err;
	if (grouped)
		err = goroutine_groups_make(&views, by, limit, &groups);
	if (!err && json)
		err = render_json(shell, &views, stacks, grouped ? &groups : NULL);
	else if (!err)
		render_text(shell, arguments, &views, grouped ? &groups : NULL);
	if (!err && views.unreadable)
		shell_warn(shell, "%zu goroutines could not be read: the list is not complete",
			views.unreadable);
	goroutine_groups_deinit(&groups);
	goroutine_views_deinit(&views);
	return err;
}

static const struct command_option options[] = {
	{"stacks", 's', NULL, "with the stack of each", NULL},
	{"group", 'g', "KIND", "one line or stack per group, the biggest first", group_by_names},
	{"where", 'w', "EXPR", "only those for which EXPR holds (help where)", NULL},
	{"limit", 'n', "N", "at most N goroutines, or N groups; 0 for all", NULL},
	{"ctx", 'c', NULL, "which context's end each waits for (looks through the heap)", NULL},
	{"since", 0, NULL, "who was born, is gone, or has not moved since the snapshot before", NULL},
	{"system", 0, NULL, "the runtime's own goroutines too (--json always has them)", NULL},
	{"all-frames", 'a', NULL, "frames of the runtime's internals too", NULL},
	{"json", 0, NULL, "as one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const aliases[] = {"grs", "ps", NULL};

static const struct command goroutines_command = {
	.name = "goroutines",
	.aliases = aliases,
	.group = GROUP_GOROUTINES,
	.usage = "goroutines [--stacks] [--group stack|status|wait|entry|creator] [--where EXPR] "
		 "[--limit N] "
		 "[--ctx] [--since] [--system] [--all-frames] [--json]",
	.summary = "Lists goroutines: what each waits for, since when, where, and who created it",
	.help = "Without options, one line per goroutine. SINCE is known only for goroutines that "
		"the garbage "
		"collector has seen waiting: the runtime notes then when the collection before "
		"ended, so it may be too long by the time between two. A core does not hold "
		"the "
		"clock: times there count to the newest time stamp found in it, and are lower "
		"bounds (\"clock\" in JSON).\n"
		"\n"
		"--group stack is what to look at first in a leak: goroutines in the same state "
		"with the same "
		"stack, created by the same go statement, are one group; the biggest comes first.",
	.example = "goroutines --group stack --where 'wait > 5m'    what has been stuck for long",
	.options = options,
	.needs_target = true,
	.run = run,
};
REGISTER_COMMAND(goroutines_command);
