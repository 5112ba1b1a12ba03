/* Grouping goroutines: see goroutine_groups.h. */
#include "commands/goroutines/goroutine_groups.h"

#include "dwarf/base/hash.h"

const char *const group_by_names[] = {
	"stack", "status", "wait", "entry", "creator", "labels", "bubble", NULL};

/*
 * Two hashes of what the members of a group have in common. The stacks are not stored: a million
 * goroutines with different deep stacks must fit in memory.
 */
struct key {
	uint64_t words[2];
};

struct entry {
	struct key key;
	size_t group;
	bool lost; /* set by uthash when adding it failed for lack of memory */
	UT_hash_handle hh;
};

static void key_add(struct key *key, uint64_t word)
{
	static const uint64_t factors[] = {
		UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xc2b2ae3d27d4eb4f)};
	for (size_t i = 0; i < array_length(key->words); i++) {
		uint64_t mixed = (key->words[i] ^ word) * factors[i];
		key->words[i] = mixed ^ mixed >> 29;
	}
}

static const char *text_of(const struct goroutine_view *view, enum group_by by)
{
	struct code_location location;
	const char *text = NULL;
	switch (by) {
	case GROUP_BY_STACK:
		return goroutine_state(view->program, view->goroutine);
	case GROUP_BY_STATUS:
		return goroutine_status(view->program, view->goroutine);
	case GROUP_BY_WAIT:
		text = goroutine_wait_reason(view->program, view->goroutine);
		return text ? text : "(not waiting)";
	case GROUP_BY_ENTRY:
		text = program_function_name(view->program, view->goroutine->start_pc);
		return text ? text : "?";
	case GROUP_BY_CREATOR:
		return goroutine_creator(view->program, view->goroutine, &location)
			       ? location.function
			       : "(none)";
	case GROUP_BY_LABELS:
		return NULL;
	case GROUP_BY_BUBBLE:
		return view->goroutine->bubble_id ? NULL : "(none)";
	}
	return "?";
}

static void key_add_text(struct key *key, const char *text)
{
	for (const char *at = text; *at; at++)
		key_add(key, (unsigned char)*at);
}

/* Stacks are equal if the states and all pcs are. Goroutines created by different go statements are
 * in different groups. */
static struct key make_key(const struct goroutine_view *view, enum group_by by, const char *text)
{
	struct key key = {{1, 2}};
	for (size_t i = 0; by == GROUP_BY_LABELS && i < view->label_count; i++) {
		key_add_text(&key, view->labels[i].key);
		key_add(&key, 0);
		key_add_text(&key, view->labels[i].value);
		key_add(&key, 0);
	}
	if (by == GROUP_BY_STACK || by == GROUP_BY_BUBBLE)
		key_add(&key, view->goroutine->bubble_id);
	if (text)
		key_add_text(&key, text);
	if (by != GROUP_BY_STACK)
		return key;
	key_add(&key, view->stack.count);
	for (size_t i = 0; i < view->stack.count; i++)
		key_add(&key, view->stack.frames[i].pc);
	key_add(&key, view->goroutine->go_pc);
	return key;
}

static struct error *new_group(
	struct goroutine_groups *groups, const struct goroutine_view *view, const char *label)
{
	if (!array_reserve(&groups->items, &groups->capacity, groups->count + 1))
		return error_no_memory();
	struct goroutine_group *group = &groups->items[groups->count++];
	*group = (struct goroutine_group){
		.label = label, .first = view->goroutine, .longest_wait_ns = -1};
	bool partial;
	if (groups->by != GROUP_BY_STACK && groups->by != GROUP_BY_LABELS)
		return NULL;
	return goroutine_labels(
		view->program, view->goroutine, &group->labels, &group->label_count, &partial);
}

static bool labels_are_equal(const struct goroutine_group *group, const struct goroutine_view *view)
{
	bool equal = group->label_count == view->label_count;
	for (size_t i = 0; equal && i < view->label_count; i++)
		equal = strcmp(group->labels[i].key, view->labels[i].key) == 0 &&
			strcmp(group->labels[i].value, view->labels[i].value) == 0;
	return equal;
}

/* Goroutines inherit the set of labels, so usually its address is enough. */
static struct error *compare_labels(struct goroutine_group *group, struct goroutine_view *view)
{
	if (group->labels_differ || group->first->labels == view->goroutine->labels)
		return NULL;
	struct error *err = goroutine_view_load(view, VIEW_LABELS);
	group->labels_differ = !err && !labels_are_equal(group, view);
	return err;
}

/* Keeps the greatest of each bound. */
static void add_wait_time(const struct goroutine_view *view, struct wait_time *longest)
{
	struct wait_time time = goroutine_wait_time(view->program, view->goroutine);
	bool first = !longest->waits;
	if (!time.waits)
		return;
	longest->waits = true;
	longest->bounded = time.bounded && (first || longest->bounded);
	longest->min_ns = time.min_ns > longest->min_ns ? time.min_ns : longest->min_ns;
	longest->max_ns = time.max_ns > longest->max_ns ? time.max_ns : longest->max_ns;
}

static struct error *add_to_group(
	struct goroutine_group *group, struct goroutine_view *view, enum group_by by)
{
	if (!array_reserve(&group->goids, &group->capacity, group->count + 1))
		return error_no_memory();
	group->goids[group->count++] = view->goroutine->goid;
	int64_t wait_ns = goroutine_wait_ns(view->program, view->goroutine);
	if (wait_ns > group->longest_wait_ns)
		group->longest_wait_ns = wait_ns;
	add_wait_time(view, &group->longest);
	return by == GROUP_BY_STACK ? compare_labels(group, view) : NULL;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct goroutine_group *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return (x->goids[0] > y->goids[0]) - (x->goids[0] < y->goids[0]);
}

/* The walk over the goroutines. */
struct grouping {
	struct goroutine_groups *groups;
	struct entry *table;
	struct error *err;
};

static struct error *add_entry(struct grouping *grouping, struct key key, struct entry **ret)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	if (!entry)
		return error_no_memory();
	entry->key = key;
	entry->group = grouping->groups->count - 1;
	HASH_ADD(hh, grouping->table, key, sizeof(entry->key), entry);
	if (entry->lost) {
		free(entry);
		return error_no_memory();
	}
	*ret = entry;
	return NULL;
}

static struct error *group_one(struct grouping *grouping, struct goroutine_view *view)
{
	struct goroutine_groups *groups = grouping->groups;
	const char *label = text_of(view, groups->by);
	struct key key = make_key(view, groups->by, label);
	struct entry *entry;
	HASH_FIND(hh, grouping->table, &key, sizeof(key), entry);
	if (!entry) {
		struct error *err = new_group(groups, view, label);
		if (!err)
			err = add_entry(grouping, key, &entry);
		if (err)
			return err;
	}
	return add_to_group(&groups->items[entry->group], view, groups->by);
}

static bool on_goroutine(void *context, struct goroutine_view *view)
{
	struct grouping *grouping = context;
	grouping->err = group_one(grouping, view);
	return !grouping->err;
}

static void grouping_deinit(struct grouping *grouping)
{
	struct entry *entry, *next;
	HASH_ITER (hh, grouping->table, entry, next) {
		HASH_DEL(grouping->table, entry);
		free(entry);
	}
}

static void group_deinit(struct goroutine_group *group)
{
	free(group->goids);
	labels_free(group->labels, group->label_count);
}

/* Drops all groups beyond `limit`. */
static void drop_beyond(struct goroutine_groups *groups, size_t limit)
{
	while (limit && groups->count > limit) {
		group_deinit(&groups->items[--groups->count]);
		groups->left_out++;
	}
}

struct error *goroutine_groups_make(struct session *session,
	const struct goroutine_matches *matches, enum group_by by, size_t limit,
	struct goroutine_groups *ret)
{
	*ret = (struct goroutine_groups){
		.program = session->program, .list = matches->list, .by = by};
	struct grouping grouping = {.groups = ret};
	unsigned parts = by == GROUP_BY_STACK	 ? VIEW_STACK
			 : by == GROUP_BY_LABELS ? VIEW_LABELS
						 : 0;
	struct error *err =
		goroutine_matches_visit(session, matches, parts, false, on_goroutine, &grouping);
	if (!err)
		err = grouping.err;
	grouping_deinit(&grouping);
	if (!err && ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_sizes);
	drop_beyond(ret, limit);
	if (err)
		goroutine_groups_deinit(ret);
	return err;
}

void goroutine_groups_deinit(struct goroutine_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		group_deinit(&groups->items[i]);
	free(groups->items);
	*groups = (struct goroutine_groups){0};
}
