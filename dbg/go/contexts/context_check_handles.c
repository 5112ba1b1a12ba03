/* Finds functions that can still cancel a context: see context_check_handles.h. */
#include "dbg/go/contexts/context_check_handles.h"

#include "dbg/go/reach/find_pointers.h"
#include "dbg/go/types/itabs.h"
#include "dbg/go/program/program_state.h"

enum { MAX_HANDLES = 1 << 24 };

/* An object, other than a context, that points to a context. */
struct handle {
	uint64_t object;
	ptrdiff_t context;
};

struct handles {
	struct check *check;
	const ptrdiff_t *numbers;
	bool *used;
	struct itab *itabs; /* sorted */
	size_t itab_count;
	struct handle *items; /* sorted by object for the second search */
	size_t count, capacity;
	size_t *firsts; /* the first handle of each target of the second search */
};

/* Records bare pointers only: interface values were already found as holders. */
static struct error *note_handle(void *context, const struct pointer_use *use)
{
	struct handles *handles = context;
	ptrdiff_t number = handles->numbers[use->target];
	if (!use->object || itabs_find(handles->itabs, handles->itab_count, use->before) ||
		use->object == handles->check->forest->items[number].address ||
		handles->count >= MAX_HANDLES)
		return NULL;
	if (!array_reserve(&handles->items, &handles->capacity, handles->count + 1))
		return error_no_memory();
	handles->items[handles->count++] = (struct handle){use->object, number};
	return NULL;
}

static int by_object(const void *a, const void *b)
{
	const struct handle *x = a, *y = b;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return (x->context > y->context) - (x->context < y->context);
}

/* timerCtx.timer: the object that holds the closure that the timer calls. */
static uint64_t timer_of(struct program *program, const struct context *context)
{
	struct go_field field;
	const struct go_type *body;
	uint64_t timer = 0;
	if (context->kind != CONTEXT_TIMER)
		return 0;
	struct error *err = go_type_element(program, context->type, &body);
	if (!err)
		err = go_type_field(program, body, "timer", &field);
	if (!err)
		err = target_read_u64(program->target, context->address + field.offset, &timer);
	error_destroy(err);
	return err ? 0 : timer;
}

static struct error *mark_used_by_handle(void *context, const struct pointer_use *use)
{
	struct handles *handles = context;
	size_t i = handles->firsts[use->target];
	for (uint64_t object = handles->items[i].object;
		i < handles->count && handles->items[i].object == object; i++) {
		ptrdiff_t number = handles->items[i].context;
		const struct context *held = &handles->check->forest->items[number];
		if (!handles->used[number] &&
			(!use->object || use->object != timer_of(handles->check->program, held)))
			handles->used[number] = true;
	}
	return NULL;
}

static struct error *search_handles(struct handles *handles, size_t count, bool *ret_partial)
{
	struct program *program = handles->check->program;
	_cleanup_free_ uint64_t *targets = calloc(count + 1, sizeof(*targets));
	if (!targets)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		targets[i] = handles->check->forest->items[handles->numbers[i]].address;
	struct error *err =
		find_pointers(program, targets, count, false, note_handle, handles, ret_partial);
	if (err || *ret_partial || !handles->count)
		return err;
	qsort(handles->items, handles->count, sizeof(*handles->items), by_object);
	_cleanup_free_ uint64_t *objects = calloc(handles->count, sizeof(*objects));
	_cleanup_free_ size_t *firsts = calloc(handles->count, sizeof(*firsts));
	if (!objects || !firsts)
		return error_no_memory();
	size_t kept = 0;
	for (size_t i = 0; i < handles->count; i++) {
		if (!i || handles->items[i].object != handles->items[i - 1].object) {
			objects[kept] = handles->items[i].object;
			firsts[kept++] = i;
		}
	}
	handles->firsts = firsts;
	return find_pointers(
		program, objects, kept, true, mark_used_by_handle, handles, ret_partial);
}

struct error *check_mark_handles(
	struct check *check, const ptrdiff_t *numbers, size_t count, bool *used)
{
	struct handles handles = {.check = check, .numbers = numbers, .used = used};
	bool partial;
	struct error *err =
		program_itabs(check->program, &handles.itabs, &handles.itab_count, &partial);
	if (!err)
		err = search_handles(&handles, count, &partial);
	/* If memory is unreadable (a truncated core), no context is provably unused. */
	for (size_t i = 0; !err && partial && i < count; i++)
		used[numbers[i]] = true;
	free(handles.itabs);
	free(handles.items);
	return err;
}
