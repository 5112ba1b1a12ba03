/* Computes the traps that the breakpoints need, and sets them. Runs in the user's thread. */
#include "dbg/break/breakpoint_state.h"
#include "dbg/go/program/program_state.h"

/* True if there are deleted breakpoints, or temporary ones that have stopped. */
static bool any_spent(const struct breakpoints *breakpoints)
{
	for (size_t i = 0; i < breakpoints->count; i++) {
		if (breakpoints->entries[i]->spent)
			return true;
	}
	return false;
}

/* Frees spent breakpoints. No armed trap may refer to them. */
static void remove_spent(struct breakpoints *breakpoints)
{
	size_t kept = 0;
	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint_entry *entry = breakpoints->entries[i];
		if (entry->spent)
			breakpoint_entry_destroy(entry);
		else
			breakpoints->entries[kept++] = entry;
	}
	breakpoints->count = kept;
}

static int compare_armed(const void *a, const void *b)
{
	const struct armed_trap *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (!x->entry || !y->entry)
		return (x->entry != NULL) - (y->entry != NULL);
	return (x->entry->number > y->entry->number) - (x->entry->number < y->entry->number);
}

static struct error *add_armed(struct armed_trap **armed, size_t *count, size_t *capacity,
	struct breakpoint_entry *entry, const struct location *location)
{
	if (!array_reserve(armed, capacity, *count + location->count))
		return error_no_memory();
	for (size_t i = 0; i < location->count; i++)
		(*armed)[(*count)++] = (struct armed_trap){location->items[i].code.pc, entry, i,
			location->subject, location->subject_offset};
	return NULL;
}

static bool shows_age(const struct breakpoint_entry *entry)
{
	for (size_t i = 0; i < entry->shown_count; i++) {
		if (entry->shown[i] == VALUE_AGE)
			return true;
	}
	return false;
}

/*
 * Lists the traps of the enabled breakpoints. `*ret_births` is true if creation times of goroutines
 * must be recorded, because a breakpoint at goexit uses ages. The trap at goexit also removes ended
 * goroutines from the table, which would otherwise only grow. If only events show the age, creation
 * times are recorded only if there is a breakpoint at newproc anyway.
 */
static struct error *list_armed(struct breakpoints *breakpoints, struct armed_trap **ret,
	size_t *ret_count, bool *ret_births)
{
	size_t capacity = 0;
	bool ages = false, births = false, shown_ages = false;
	*ret_count = 0;
	for (size_t i = 0; i < breakpoints->count; i++) {
		struct breakpoint_entry *entry = breakpoints->entries[i];
		if (!entry->enabled || entry->spent)
			continue;
		struct error *err = add_armed(ret, ret_count, &capacity, entry, &entry->location);
		if (err)
			return err;
		births |= entry->location.kind == LOCATION_NEWPROC;
		ages |= entry->expr && expr_uses(entry->expr, VALUE_AGE);
		shown_ages |= shows_age(entry);
	}
	*ret_births = ages || (births && shown_ages);
	if (!ages || births)
		return NULL;
	struct location newproc;
	struct error *err = location_find(breakpoints->program, "newproc", &newproc);
	if (!err)
		err = add_armed(ret, ret_count, &capacity, NULL, &newproc);
	location_deinit(&newproc);
	return err;
}

struct error *breakpoints_arm(struct breakpoints *breakpoints)
{
	struct error *err = breakpoints_check_stopped(breakpoints);
	if (err)
		return err;
	bool all_set = breakpoints->program->target->trap_count == breakpoints->armed_count;
	if (!breakpoints->changed && !any_spent(breakpoints) && all_set)
		return NULL;
	_cleanup_free_ struct armed_trap *armed = NULL;
	_cleanup_free_ uint64_t *addresses = NULL;
	size_t count;
	bool births;
	err = list_armed(breakpoints, &armed, &count, &births);
	if (!err && births && !breakpoints->note_births)
		err = births_init(&breakpoints->births);
	if (err)
		return err;
	if (count)
		qsort(armed, count, sizeof(*armed), compare_armed);
	addresses = calloc(count + 1, sizeof(*addresses));
	if (!addresses)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		addresses[i] = armed[i].address;
	struct trap_handler handler = {breakpoints_hit, breakpoints};
	err = target_set_traps(breakpoints->program->target, addresses, count, &handler);
	if (err)
		return err;
	free(breakpoints->armed);
	breakpoints->armed = take_pointer(armed);
	breakpoints->armed_count = count;
	breakpoints->note_births = births;
	breakpoints->changed = false;
	remove_spent(breakpoints);
	return NULL;
}
