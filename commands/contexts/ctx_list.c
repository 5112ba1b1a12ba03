/* `ctx list`: a table of contexts or of groups of contexts. */
#include <inttypes.h>

#include "commands/contexts/context_groups.h"
#include "commands/contexts/garbage_note.h"
#include "commands/render/json.h"
#include "commands/render/table.h"
#include "commands/session/registry.h"
#include "dbg/go/go_program.h"

static void key_cell(struct table *table, struct context_view *view)
{
	if (view->key)
		table_cell(table, STYLE_PLAIN, "%s = %s", view->key,
			view->value ? view->value : "nil");
	else
		table_cell(table, STYLE_DIM, "-");
}

static void row(struct table *table, struct context_view *view, bool with_deadline)
{
	const struct context *context = view_context(view);
	char state[256], deadline[64], type[256];
	table_cell(table, STYLE_ADDRESS, "0x%" PRIx64, context->address);
	table_cell(table, STYLE_STRONG, "%s%s", context_type_text(context, type, sizeof(type)),
		context->garbage ? " (garbage)" : "");
	table_cell(table, context->state == CONTEXT_CANCELED ? STYLE_STRONG : STYLE_PLAIN, "%s",
		context_state_text(view, state, sizeof(state)));
	if (with_deadline) {
		context_deadline_text(view->session->program, view->forest, view->number, deadline,
			sizeof(deadline));
		table_cell(table, STYLE_PLAIN, "%s",
			!deadline[0]		 ? "-"
			: context->has_remaining ? deadline + strlen("deadline ")
						 : "unknown");
	}
	table_cell(table, STYLE_PLAIN, "%zu", context->child_count + context->unknown_children);
	table_cell(table, STYLE_PLAIN, "%zu", context->waiter_count);
	if (context->parent_address)
		table_cell(table, STYLE_ADDRESS, "0x%" PRIx64, context->parent_address);
	else
		table_cell(table, STYLE_DIM, "-");
	key_cell(table, view);
}

static struct error *list_text(struct session *session, const struct context_forest *forest,
	const ptrdiff_t *numbers, size_t count)
{
	static const char *const all_headings[] = {"ADDRESS", "TYPE", "STATE", "DEADLINE",
		">CHILDREN", ">WAITING", "PARENT", "KEY = VALUE", NULL};
	static const char *const headings[] = {
		"ADDRESS", "TYPE", "STATE", ">CHILDREN", ">WAITING", "PARENT", "KEY = VALUE", NULL};
	bool with_deadline = false;
	for (size_t i = 0; i < count && !with_deadline; i++)
		with_deadline = forest->items[numbers[i]].has_deadline;
	_cleanup_(table_cleanup) struct table *table =
		table_create(with_deadline ? all_headings : headings);
	struct error *err = table ? NULL : error_no_memory();
	for (size_t i = 0; !err && i < count; i++) {
		struct context_view view = {
			.session = session, .forest = forest, .number = numbers[i]};
		err = context_view_load(&view);
		if (!err)
			row(table, &view, with_deadline);
		context_view_deinit(&view);
	}
	if (!err && count)
		table_print(table, &session->out);
	return err;
}

static struct error *list_json(struct session *session, const struct context_forest *forest,
	const ptrdiff_t *numbers, size_t count, size_t matching)
{
	struct json *json = json_create(&session->out);
	struct error *err = json ? NULL : error_no_memory();
	if (err)
		return err;
	json_string(json, "go", program_go_version(session->program));
	json_array(json, "contexts");
	for (size_t i = 0; !err && i < count && !output_failed(&session->out); i++) {
		struct context_view view = {
			.session = session, .forest = forest, .number = numbers[i]};
		err = target_check(session->target);
		if (!err)
			err = context_json(json, &view, NOT_IN_TREE);
		context_view_deinit(&view);
	}
	json_end(json);
	json_uint(json, "total", matching);
	garbage_note_json(json, session);
	if (forest->partial)
		json_bool(json, "partial", true);
	json_problem(json, err);
	json_finish(json);
	return err;
}

static void summary(struct output *output, const struct context_forest *forest,
	const ptrdiff_t *numbers, size_t count)
{
	size_t states[4] = {0};
	for (size_t i = 0; i < count; i++)
		states[forest->items[numbers[i]].state]++;
	output_printf(output, STYLE_STRONG, "%zu context%s", count, count == 1 ? "" : "s");
	const char *separator = ": ";
	for (size_t i = 0; i < array_length(states); i++) {
		if (states[i])
			output_printf(output, STYLE_PLAIN, "%s%zu %s", separator, states[i],
				context_state_name((enum context_state)i));
		separator = states[i] ? ", " : separator;
	}
	output_printf(output, STYLE_PLAIN, "\n\n");
}

static struct error *render(struct session *session, const struct arguments *arguments,
	const struct context_forest *forest, const ptrdiff_t *numbers, size_t count)
{
	uint64_t limit = 0;
	const char *group = argument_value(arguments, "group");
	bool json = argument_given(arguments, "json");
	struct error *err =
		argument_value(arguments, "limit")
			? argument_number(argument_value(arguments, "limit"), "--limit", &limit)
			: NULL;
	if (err)
		return err;
	if (group) {
		struct context_groups groups;
		err = context_groups_make(
			session, forest, numbers, count, group, (size_t)limit, &groups);
		if (err)
			return err;
		if (!json)
			summary(&session->out, forest, numbers, count);
		err = json ? context_groups_json(session, &groups)
			   : context_groups_text(session, &groups);
		context_groups_deinit(&groups);
		return err;
	}
	size_t shown = limit && limit < count ? (size_t)limit : count;
	if (json)
		return list_json(session, forest, numbers, shown, count);
	summary(&session->out, forest, numbers, count);
	err = list_text(session, forest, numbers, shown);
	if (!err && shown < count)
		output_printf(&session->out, STYLE_DIM, "… and %zu more (--limit 0 for all)\n",
			count - shown);
	if (!err && !argument_given(arguments, "where"))
		garbage_note_text(session, forest);
	return err;
}

static struct error *ctx_list_run(struct session *session, const struct arguments *arguments)
{
	const struct context_forest *forest;
	ptrdiff_t *numbers = NULL;
	size_t count;
	unsigned flags = (argument_given(arguments, "garbage") ? CONTEXTS_GARBAGE : 0u) |
			 (argument_given(arguments, "json") && !argument_value(arguments, "group")
					 ? CONTEXTS_HOLDERS
					 : 0u);
	struct error *err = contexts_load(session, flags, &forest);
	if (!err)
		err = contexts_matching(
			session, forest, argument_value(arguments, "where"), &numbers, &count);
	if (!err)
		err = render(session, arguments, forest, numbers, count);
	free(numbers);
	return err;
}

static const struct command_option options[] = {
	{"where", 'w', "EXPR", "only contexts for which EXPR is true (help where)", NULL},
	{"group", 'g', "KIND", "one line per group, largest first", context_group_names},
	{"limit", 'n', "N", "at most N contexts or groups; 0 for all", NULL},
	{"garbage", 0, NULL, "include contexts that a garbage collection found unreachable", NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command ctx_list_command = {
	.name = "ctx list",
	.group = GROUP_CONTEXTS,
	.usage = "ctx list [--where EXPR] [--group type|parent|state|key] [--limit N] "
		 "[--garbage] [--json]",
	.summary = "Lists contexts: type, state, deadline, children, waiting goroutines",
	.help = "Lists every context.Context in allocated heap objects, live variables "
		"of goroutines and globals, whatever package its type is from. CHILDREN "
		"is the number of contexts registered directly with it for cancellation, "
		"WAITING the number of goroutines blocked on its Done channel. A value "
		"context or wrapper has no channel of its own: its waiters are counted "
		"at the ancestor that provides the channel. Contexts of finished requests "
		"are listed until a garbage collection frees them (\"gc_age_seconds\" "
		"in JSON: how long ago the last one was).\n\nFields of --where: addr, "
		"type, state, err, cause, deadline, key, value, parent, parent_type, "
		"children, descendants, waiters, depth, garbage.",
	.example = "ctx list --where 'state == \"active\" && children > 100'    many children",
	.options = options,
	.needs_target = true,
	.fields = context_expr_fields,
	.run = ctx_list_run,
};
REGISTER_COMMAND(ctx_list_command);
