/* Adds, changes and lists breakpoints, in the user's thread: see breakpoint.h. */
#include "dbg/break/breakpoint_state.h"

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"

/* A hit waits until the ring has room for one event per breakpoint at its address. */
enum { MAX_BREAKPOINTS = 1000 };
_Static_assert(
	(int)MAX_BREAKPOINTS < (int)EVENT_SLOTS, "a hit of all breakpoints must fit into the ring");

void breakpoint_entry_destroy(struct breakpoint_entry *entry)
{
	if (!entry)
		return;
	expr_destroy(entry->expr);
	location_variables_deinit(&entry->variables);
	location_deinit(&entry->location);
	free(entry->names);
	free(entry->what);
	free(entry->condition);
	free(entry);
}

static void entry_cleanup(struct breakpoint_entry **entry)
{
	breakpoint_entry_destroy(*entry);
}

struct error *breakpoints_create(struct program *program, struct breakpoints **ret)
{
	struct breakpoints *breakpoints = calloc(1, sizeof(*breakpoints));
	if (!breakpoints)
		return error_no_memory();
	breakpoints->program = program;
	breakpoints->events.fd = -1;
	breakpoints->hit = calloc(1, sizeof(*breakpoints->hit));
	struct error *err = breakpoints->hit ? NULL : error_no_memory();
	if (!err)
		err = unwind_cache_create(&breakpoints->unwind);
	if (!err)
		err = break_events_init(&breakpoints->events);
	if (err) {
		breakpoints_destroy(breakpoints);
		return err;
	}
	breakpoints->hit->program = program;
	breakpoints->hit->unwind = breakpoints->unwind;
	*ret = breakpoints;
	return NULL;
}

void breakpoints_destroy(struct breakpoints *breakpoints)
{
	if (!breakpoints)
		return;
	/* If the target is no longer stopped, it was detached, which removed its traps. */
	struct target *target = breakpoints->program->target;
	if (breakpoints->armed_count && target->state == TARGET_STOPPED)
		error_destroy(target_set_traps(target, NULL, 0, NULL));
	for (size_t i = 0; i < breakpoints->count; i++)
		breakpoint_entry_destroy(breakpoints->entries[i]);
	breakpoint_entry_destroy(breakpoints->schema_source);
	break_events_deinit(&breakpoints->events);
	births_deinit(&breakpoints->births);
	unwind_cache_destroy(breakpoints->unwind);
	free(breakpoints->entries);
	free(breakpoints->armed);
	free(breakpoints->hit);
	free(breakpoints);
}

struct error *breakpoints_check_stopped(const struct breakpoints *breakpoints)
{
	const struct target *target = breakpoints->program->target;
	if (!target->ops->cont)
		return error_create(ERROR_GONE,
			"cannot set breakpoints in a %s: attach to a live process",
			target->ops->kind);
	if (target->state == TARGET_RUNNING)
		return error_create(ERROR_USAGE,
			"process %d is running: stop it with \"interrupt\" to change breakpoints",
			(int)target->pid);
	return NULL;
}

struct error *breakpoints_find(
	struct breakpoints *breakpoints, int number, struct breakpoint_entry **ret)
{
	struct error *err = breakpoints_check_stopped(breakpoints);
	if (err)
		return err;
	for (size_t i = 0; i < breakpoints->count; i++) {
		*ret = breakpoints->entries[i];
		if ((*ret)->number == number && !(*ret)->spent)
			return NULL;
	}
	return error_create(ERROR_NOT_FOUND, "there is no breakpoint %d", number);
}

/* Creates an entry without number, kind and condition. */
static struct error *entry_create(
	struct program *program, const char *location, struct breakpoint_entry **ret)
{
	_cleanup_(entry_cleanup) struct breakpoint_entry *entry = calloc(1, sizeof(*entry));
	if (!entry)
		return error_no_memory();
	entry->what = strdup(location);
	entry->enabled = true;
	struct error *err = entry->what ? NULL : error_no_memory();
	if (!err)
		err = location_find(program, location, &entry->location);
	if (!err)
		err = location_variables_find(program, &entry->location, &entry->variables);
	if (!err)
		err = value_source_init(
			program, &entry->location, &entry->variables, &entry->source);
	if (!err)
		err = value_names(
			&entry->location, &entry->variables, &entry->names, &entry->name_count);
	if (err)
		return err;
	entry->shown_count = value_shown(
		entry->location.kind, &entry->variables, entry->shown, BREAK_VALUES_MAX);
	*ret = take_pointer(entry);
	return NULL;
}

static struct error *set_condition(struct breakpoint_entry *entry, const char *condition)
{
	struct expr *expr = NULL;
	char *text = NULL;
	struct expr_schema schema = {entry->names, entry->name_count};
	if (condition) {
		struct error *err = expr_compile(condition, &schema, &expr);
		if (err)
			return err;
		text = strdup(condition);
		if (!text) {
			expr_destroy(expr);
			return error_no_memory();
		}
	}
	expr_destroy(entry->expr);
	free(entry->condition);
	for (entry->used_count = 0; expr && entry->used_count < BREAK_VALUES_MAX;) {
		struct used_value *used = &entry->used[entry->used_count];
		if (!expr_used_name(expr, entry->used_count, &used->id, &used->key))
			break;
		entry->used_count++;
	}
	entry->expr = expr;
	entry->condition = text;
	entry->has_problem = false;
	return NULL;
}

static int count_breakpoints(const struct breakpoints *breakpoints)
{
	int count = 0;
	for (size_t i = 0; i < breakpoints->count; i++)
		count += !breakpoints->entries[i]->spent;
	return count;
}

struct error *breakpoints_add(struct breakpoints *breakpoints, enum breakpoint_kind kind,
	const char *location, const char *condition, int *ret_number)
{
	_cleanup_(entry_cleanup) struct breakpoint_entry *entry = NULL;
	struct error *err = breakpoints_check_stopped(breakpoints);
	if (!err)
		err = entry_create(breakpoints->program, location, &entry);
	if (!err)
		err = set_condition(entry, condition);
	if (err)
		return err;
	if (count_breakpoints(breakpoints) >= MAX_BREAKPOINTS)
		return error_create(ERROR_USAGE,
			"there are already %d breakpoints, which is the limit: delete some",
			MAX_BREAKPOINTS);
	if (!array_reserve(&breakpoints->entries, &breakpoints->capacity, breakpoints->count + 1))
		return error_no_memory();
	entry->kind = kind;
	entry->number = *ret_number = ++breakpoints->last_number;
	breakpoints->entries[breakpoints->count++] = take_pointer(entry);
	breakpoints->changed = true;
	return NULL;
}

struct error *breakpoints_delete(struct breakpoints *breakpoints, int number)
{
	struct breakpoint_entry *entry;
	struct error *err = breakpoints_find(breakpoints, number, &entry);
	if (err)
		return err;
	/* Not freed yet: armed traps refer to it until breakpoints_arm(). */
	entry->spent = true;
	breakpoints->changed = true;
	return NULL;
}

struct error *breakpoints_enable(struct breakpoints *breakpoints, int number, bool enable)
{
	struct breakpoint_entry *entry;
	struct error *err = breakpoints_find(breakpoints, number, &entry);
	if (err)
		return err;
	breakpoints->changed |= entry->enabled != enable;
	entry->enabled = enable;
	return NULL;
}

struct error *breakpoints_set_condition(
	struct breakpoints *breakpoints, int number, const char *condition)
{
	struct breakpoint_entry *entry;
	struct error *err = breakpoints_find(breakpoints, number, &entry);
	breakpoints->changed = true; /* the condition may use ages now */
	return err ? err : set_condition(entry, condition);
}

struct error *breakpoints_ignore(struct breakpoints *breakpoints, int number, uint64_t count)
{
	struct breakpoint_entry *entry;
	struct error *err = breakpoints_find(breakpoints, number, &entry);
	if (!err)
		entry->ignore_left = count;
	return err;
}

bool breakpoints_get(const struct breakpoints *breakpoints, size_t index, struct breakpoint *ret)
{
	size_t i = 0;
	for (size_t live = 0; i < breakpoints->count; i++) {
		if (!breakpoints->entries[i]->spent && live++ == index)
			break;
	}
	if (i == breakpoints->count)
		return false;
	const struct breakpoint_entry *entry = breakpoints->entries[i];
	*ret = (struct breakpoint){
		.number = entry->number,
		.kind = entry->kind,
		.enabled = entry->enabled,
		.what = entry->what,
		.condition = entry->condition,
		.locations = entry->location.items,
		.location_count = entry->location.count,
		.hits = entry->hits,
		.times_false = entry->times_false,
		.ignored = entry->ignored,
		.ignore_left = entry->ignore_left,
		.failures = entry->failures,
		.problem = entry->has_problem ? entry->problem : NULL,
	};
	if (ret->hits)
		ret->evaluation_ns = (double)entry->evaluation_ns / (double)ret->hits;
	return true;
}

bool breakpoints_lost_births(const struct breakpoints *breakpoints)
{
	return breakpoints->births.lost;
}

struct error *breakpoints_schema(
	struct breakpoints *breakpoints, const char *location, const struct expr_schema **ret)
{
	struct breakpoint_entry *entry;
	struct error *err = entry_create(breakpoints->program, location, &entry);
	if (err)
		return err;
	breakpoint_entry_destroy(breakpoints->schema_source);
	breakpoints->schema_source = entry;
	breakpoints->schema = (struct expr_schema){entry->names, entry->name_count};
	*ret = &breakpoints->schema;
	return NULL;
}

/* ---- Events ---- */

int breakpoints_event_fd(const struct breakpoints *breakpoints)
{
	return breakpoints->events.fd;
}

bool breakpoints_next_event(struct breakpoints *breakpoints, struct break_event *ret)
{
	return break_events_take(&breakpoints->events, ret);
}

void break_event_deinit(struct break_event *event)
{
	free(event->texts);
	*event = (struct break_event){0};
}
