/* Grouping contexts, and printing the groups: see context_groups.h. */
#include "commands/contexts/context_groups.h"

#include <inttypes.h>

#include "commands/render/json.h"
#include "commands/render/short_names.h"
#include "commands/render/table.h"
#include "dwarf/base/hash.h"

const char *const context_group_names[] = {"type", "parent", "state", "key", NULL};

struct slot {
	char *label;
	size_t index;
	bool lost; /* set by uthash when adding it failed for lack of memory */
	UT_hash_handle hh;
};

/* The label of the group that this context belongs to; malloc'ed. */
static struct error *label_of(struct context_view *view, const char *by, char **ret)
{
	const struct context *context = view_context(view);
	struct error *err = NULL;
	int length = 0;
	*ret = NULL;
	if (strcmp(by, "type") == 0) {
		*ret = strdup(context->type->name);
	} else if (strcmp(by, "state") == 0) {
		char state[256];
		*ret = strdup(context_state_text(view, state, sizeof(state)));
	} else if (strcmp(by, "key") == 0) {
		err = context_view_load(view);
		*ret = err ? NULL : strdup(view->key ? view->key : "(no key)");
	} else if (context->parent == CONTEXT_NONE) {
		*ret = strdup("(no parent)");
	} else {
		length = asprintf(ret, "0x%" PRIx64 " %s", context->parent_address,
			view->forest->items[context->parent].type->name);
	}
	return err || (*ret && length >= 0) ? err : error_no_memory();
}

static struct error *count_in(struct context_groups *groups, struct slot **slots,
	struct context_view *view, const char *by)
{
	char *label;
	struct error *err = label_of(view, by, &label);
	if (err)
		return err;
	struct slot *slot;
	HASH_FIND_STR(*slots, label, slot);
	if (!slot) {
		slot = calloc(1, sizeof(*slot));
		if (!slot || !array_reserve(&groups->items, &groups->capacity, groups->count + 1)) {
			free(slot);
			free(label);
			return error_no_memory();
		}
		slot->label = label;
		slot->index = groups->count;
		HASH_ADD_KEYPTR(hh, *slots, slot->label, strlen(slot->label), slot);
		if (slot->lost) {
			free(slot);
			free(label);
			return error_no_memory();
		}
		groups->items[groups->count++] =
			(struct context_group){.label = label, .first = view->number};
	} else {
		free(label);
	}
	groups->items[slot->index].count++;
	groups->items[slot->index].waiters += view_context(view)->waiter_count;
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	const struct context_group *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->label, y->label);
}

struct error *context_groups_make(struct session *session, const struct context_forest *forest,
	const ptrdiff_t *numbers, size_t count, const char *by, size_t limit,
	struct context_groups *ret)
{
	*ret = (struct context_groups){.by = by};
	struct slot *slots = NULL, *slot, *next;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < count; i++) {
		struct context_view view = {
			.session = session, .forest = forest, .number = numbers[i]};
		err = target_check(session->target);
		if (!err)
			err = count_in(ret, &slots, &view, by);
		context_view_deinit(&view);
	}
	HASH_ITER (hh, slots, slot, next) {
		HASH_DELETE(hh, slots, slot);
		free(slot);
	}
	if (err) {
		context_groups_deinit(ret);
		return err;
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_size);
	for (; limit && ret->count > limit; ret->left_out++)
		free(ret->items[--ret->count].label);
	return NULL;
}

void context_groups_deinit(struct context_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->items[i].label);
	free(groups->items);
	*groups = (struct context_groups){0};
}

struct error *context_groups_text(struct session *session, const struct context_groups *groups)
{
	const char *const headings[] = {">COUNT", ">WAITING", "GROUP", NULL};
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	bool types = strcmp(groups->by, "type") == 0 || strcmp(groups->by, "parent") == 0;
	for (size_t i = 0; i < groups->count; i++) {
		if (types)
			short_names(groups->items[i].label);
		table_cell(table, STYLE_STRONG, "%zu", groups->items[i].count);
		table_cell(table, STYLE_PLAIN, "%zu", groups->items[i].waiters);
		table_cell(table, STYLE_PLAIN, "%s", groups->items[i].label);
	}
	if (groups->count)
		table_print(table, &session->out);
	if (groups->left_out)
		output_printf(
			&session->out, STYLE_DIM, "… and %zu smaller groups\n", groups->left_out);
	return NULL;
}

struct error *context_groups_json(struct session *session, const struct context_groups *groups)
{
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_string(json, "by", groups->by);
	json_array(json, "groups");
	for (size_t i = 0; i < groups->count; i++) {
		json_object(json, NULL);
		json_string(json, "group", groups->items[i].label);
		json_uint(json, "count", groups->items[i].count);
		json_uint(json, "waiters", groups->items[i].waiters);
		json_end(json);
	}
	json_end(json);
	json_uint(json, "left_out", groups->left_out);
	json_finish(json);
	return NULL;
}
