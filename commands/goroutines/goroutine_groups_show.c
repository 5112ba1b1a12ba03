/* Printing groups of goroutines as text and JSON: see goroutine_groups.h. */
#include <inttypes.h>

#include "commands/goroutines/goroutine_groups.h"
#include "commands/render/json.h"
#include "commands/render/table.h"

/* The walk over stack groups. They are written to `json` unless it is NULL. */
struct showing {
	const struct goroutine_groups *groups;
	size_t next; /* index of the next group */
	struct output *output;
	struct json *json;
	bool all_frames;
	struct error *err;
};

static void ids_text(struct output *output, const struct goroutine_group *group)
{
	enum { SHOWN = 12 };
	output_printf(output, STYLE_DIM, "       ids");
	for (size_t i = 0; i < group->count && i < SHOWN; i++)
		output_printf(output, STYLE_DIM, " %" PRIu64, group->goids[i]);
	if (group->count > SHOWN)
		output_printf(output, STYLE_DIM, " … %zu more", group->count - SHOWN);
	output_printf(output, STYLE_DIM, "\n");
}

static void wait_text(struct output *output, const struct goroutine_group *group)
{
	char duration[72];
	if (wait_time_is_known(&group->longest))
		output_printf(output, STYLE_PLAIN, ", longest %s",
			format_wait_time(&group->longest, duration, sizeof(duration)));
}

/* What the group has in common. */
static const char *label_of(const struct goroutine_groups *groups,
	const struct goroutine_group *group, char *buffer, size_t size)
{
	if (group->label)
		return group->label;
	if (groups->by == GROUP_BY_LABELS)
		return labels_describe(group->labels, group->label_count, buffer, size);
	snprintf(buffer, size, "%" PRIu64, group->first->bubble_id);
	return buffer;
}

static void group_labels_text(struct output *output, const struct goroutine_group *group)
{
	char text[512];
	if (group->labels_differ) {
		output_printf(output, STYLE_DIM,
			"       labels differ from goroutine to goroutine (--group labels)\n");
		return;
	}
	if (!group->label_count)
		return;
	output_printf(output, STYLE_DIM, "       labels {");
	output_text(output, STYLE_DIM,
		labels_describe(group->labels, group->label_count, text, sizeof(text)));
	output_printf(output, STYLE_DIM, "}\n");
}

static void stack_group_text(struct output *output, const struct goroutine_group *group,
	const struct goroutine_view *first, bool all_frames)
{
	output_printf(output, STYLE_STRONG, "%zu goroutine%s", group->count,
		group->count == 1 ? "" : "s");
	output_printf(output, STYLE_PLAIN, " [");
	output_text(output, STYLE_PLAIN, group->label);
	if (first->wait_count && first->waits[0].name)
		output_printf(output, STYLE_PLAIN, " %s", first->waits[0].name);
	wait_text(output, group);
	if (first->goroutine->bubble_id)
		output_printf(output, STYLE_PLAIN, ", synctest bubble %" PRIu64,
			first->goroutine->bubble_id);
	output_printf(output, STYLE_PLAIN, "]\n");
	stack_text(output, &first->stack, all_frames, SIZE_MAX);
	creator_text(output, first->program, first->goroutine, false);
	group_labels_text(output, group);
	ids_text(output, group);
	output_printf(output, STYLE_PLAIN, "\n");
}

static struct error *table_text(struct output *output, const struct goroutine_groups *groups)
{
	static const char *const titles[] = {
		"STACK", "STATUS", "WAIT REASON", "ENTRY", "CREATOR", "LABELS", "SYNCTEST BUBBLE"};
	const char *headings[] = {">COUNT", ">LONGEST", titles[groups->by], "GOROUTINES", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	table_omit_if_empty(table, 1);
	for (size_t i = 0; i < groups->count; i++) {
		const struct goroutine_group *group = &groups->items[i];
		char duration[72], ids[128], buffer[512];
		const char *label = label_of(groups, group, buffer, sizeof(buffer));
		format_wait_time(&group->longest, duration, sizeof(duration));
		size_t used = 0;
		for (size_t j = 0; j < group->count && j < 6 && used < sizeof(ids) - 24; j++)
			used += (size_t)snprintf(ids + used, sizeof(ids) - used, "%s%" PRIu64,
				j ? " " : "", group->goids[j]);
		table_cell(table, STYLE_STRONG, "%zu", group->count);
		table_cell(table, STYLE_PLAIN, "%s", duration);
		table_cell(table, STYLE_FUNCTION, "%s", *label ? label : "(none)");
		table_cell(table, STYLE_DIM, "%s%s", ids, group->count > 6 ? " …" : "");
	}
	table_print(table, output);
	return NULL;
}

/* Without "labels" if they differ. */
static void group_labels_json(struct json *json, const struct goroutine_group *group)
{
	if (group->labels_differ) {
		json_bool(json, "labels_differ", true);
		return;
	}
	json_object(json, "labels");
	for (size_t i = 0; i < group->label_count; i++)
		json_string(json, group->labels[i].key, group->labels[i].value);
	json_end(json);
}

/* `first` is the view of the group's first goroutine, with its stack; NULL unless grouping by
 * stack. */
static void group_json(struct json *json, const struct goroutine_groups *groups,
	const struct goroutine_group *group, const struct goroutine_view *first)
{
	json_object(json, NULL);
	json_uint(json, "count", group->count);
	if (groups->by == GROUP_BY_BUBBLE && group->label)
		json_null(json, "bubble");
	else if (groups->by == GROUP_BY_BUBBLE)
		json_uint(json, "bubble", group->first->bubble_id);
	else if (group->label)
		json_string(json, first ? "state" : group_by_names[groups->by], group->label);
	if (groups->by == GROUP_BY_STACK || groups->by == GROUP_BY_LABELS)
		group_labels_json(json, group);
	wait_time_json(json, "longest_", group->longest_wait_ns, &group->longest);
	json_array(json, "goids");
	for (size_t i = 0; i < group->count; i++)
		json_uint(json, NULL, group->goids[i]);
	json_end(json);
	if (first) {
		creator_json(json, first);
		stack_json(json, &first->stack);
	}
	json_end(json);
}

static struct error *show_group(struct showing *showing, struct goroutine_view *first)
{
	const struct goroutine_group *group = &showing->groups->items[showing->next++];
	/* For a system call, print its name as well. */
	struct error *err = goroutine_in_syscall(first->program, first->goroutine)
				    ? goroutine_view_load(first, VIEW_WAITS)
				    : NULL;
	if (!err && showing->json)
		group_json(showing->json, showing->groups, group, first);
	else if (!err)
		stack_group_text(showing->output, group, first, showing->all_frames);
	return err;
}

static bool on_first(void *context, struct goroutine_view *first)
{
	struct showing *showing = context;
	showing->err = show_group(showing, first);
	return !showing->err && !output_failed(showing->output);
}

/* Prints all groups, each with the stack of its first goroutine. Stacks are read in batches. */
static struct error *show_stacks(struct session *session, struct showing *showing)
{
	const struct goroutine_groups *groups = showing->groups;
	struct goroutine_matches firsts = {.list = groups->list};
	if (!array_reserve(&firsts.numbers, &firsts.capacity, groups->count + 1))
		return error_no_memory();
	for (size_t i = 0; i < groups->count; i++)
		firsts.numbers[firsts.count++] =
			(uint32_t)(groups->items[i].first - groups->list->items);
	struct error *err =
		goroutine_matches_visit(session, &firsts, VIEW_STACK, true, on_first, showing);
	goroutine_matches_deinit(&firsts);
	return err ? err : showing->err;
}

struct error *goroutine_groups_text(
	struct session *session, const struct goroutine_groups *groups, bool all_frames)
{
	struct showing showing = {
		.groups = groups, .output = &session->out, .all_frames = all_frames};
	struct error *err = NULL;
	if (groups->by == GROUP_BY_STACK)
		err = show_stacks(session, &showing);
	else
		err = table_text(&session->out, groups);
	if (groups->left_out && !err)
		output_printf(&session->out, STYLE_DIM, "%zu smaller groups not shown (--limit)\n",
			groups->left_out);
	return err;
}

struct error *goroutine_groups_json(
	struct session *session, struct json *json, const struct goroutine_groups *groups)
{
	struct showing showing = {.groups = groups, .output = &session->out, .json = json};
	struct error *err = NULL;
	json_string(json, "group", group_by_names[groups->by]);
	json_array(json, "groups");
	if (groups->by == GROUP_BY_STACK)
		err = show_stacks(session, &showing);
	else
		for (size_t i = 0; i < groups->count && !output_failed(&session->out); i++)
			group_json(json, groups, &groups->items[i], NULL);
	json_end(json);
	return err;
}
