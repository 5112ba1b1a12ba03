/* Scans heap, globals and stacks for pointers: see find_pointers.h. */
#include "dbg/go/reach/find_pointers.h"

#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum {
	CHUNK = 1 << 20,  /* bytes read at a time */
	MAX_PS = 1 << 12, /* more than a machine has CPUs */
};

struct search {
	struct program *program;
	const uint64_t *targets;
	size_t count;
	struct error *(*visit)(void *context, const struct pointer_use *use);
	void *context;
	uint64_t *buffer;
	uint64_t *ps; /* addresses of the heap objects that are Ps */
	size_t p_count;
	bool partial;
};

static bool find_target(const struct search *search, uint64_t value, size_t *ret)
{
	const uint64_t *targets = search->targets;
	if (value < targets[0] || value > targets[search->count - 1])
		return false;
	*ret = bisect(i, search->count, targets[i] >= value);
	return targets[*ret] == value;
}

/* Finds the Ps: a P's write barrier buffer (runtime/mwbbuf.go) is full of stale pointers. */
static void load_ps(struct search *search)
{
	struct program *program = search->program;
	uint64_t slice[2];
	struct error *err = program->globals.allp.address
				    ? target_read(program->target, program->globals.allp.address,
					      slice, sizeof(slice))
				    : error_create(ERROR_NOT_FOUND, "runtime.allp was not found");
	if (!err && slice[1] <= MAX_PS)
		err = target_read(program->target, slice[0], search->ps, slice[1] * 8);
	for (uint64_t i = 0; !err && slice[1] <= MAX_PS && i < slice[1]; i++) {
		struct heap_object object;
		if (heap_object_at(program, search->ps[i], &object))
			search->ps[search->p_count++] = object.address;
	}
	search->partial |= err || !search->p_count;
	error_destroy(err);
}

static bool is_p(const struct search *search, uint64_t object)
{
	for (size_t i = 0; i < search->p_count; i++) {
		if (search->ps[i] == object)
			return true;
	}
	return false;
}

static struct error *visit_word(
	struct search *search, uint64_t location, uint64_t before, bool heap, size_t target)
{
	struct heap_object object = {0};
	if (heap && (!heap_object_at(search->program, location, &object) || !object.in_use ||
			    is_p(search, object.address)))
		return NULL;
	const struct pointer_use use = {.target = target,
		.location = location,
		.object = object.address,
		.before = location > object.address ? before : 0};
	return search->visit(search->context, &use);
}

static struct error *search_range(struct search *search, uint64_t start, uint64_t end, bool heap)
{
	struct error *err = NULL;
	uint64_t before = 0;
	for (uint64_t at = start, next; !err && at < end; at = next) {
		size_t size = end - at < CHUNK ? (size_t)(end - at) : CHUNK, target;
		struct memory_run run = {at, size, search->buffer, 0};
		err = target_read_runs(search->program->target, &run, 1);
		next = at + size;
		if (!err && run.done < run.size) {
			search->partial = true;
			next = target_skip_hole(search->program->target, at + run.done);
		}
		for (size_t i = 0; !err && i < run.done / 8; i++) {
			if (find_target(search, search->buffer[i], &target))
				err = visit_word(search, at + 8 * i, before, heap, target);
			before = search->buffer[i];
		}
		if (next != at + size)
			before = 0; /* it is not next to what follows the hole */
	}
	return err;
}

static struct error *search_heap(struct search *search)
{
	const struct heap_span *spans;
	size_t count;
	bool partial;
	struct error *err = program_heap(search->program, &spans, &count, &partial);
	search->partial |= !err && partial;
	for (size_t i = 0; !err && i < count; i++) {
		if (!spans[i].no_pointers)
			err = search_range(search, spans[i].start, spans[i].end, true);
	}
	return err;
}

static struct error *search_globals(struct search *search)
{
	enum { POINTER_RANGES = 2 }; /* the other two contain no pointers */
	struct error *err = NULL;
	for (size_t i = 0; !err && i < POINTER_RANGES * search->program->module_count; i++) {
		const struct module *module = search->program->modules[i / POINTER_RANGES];
		struct range range = module->data[i % POINTER_RANGES];
		search->partial |= module->data_damaged;
		err = search_range(
			search, (range.address + 7) & ~7ull, range.address + range.size, false);
	}
	return err;
}

static struct error *search_stacks(struct search *search)
{
	const struct goroutine_list *list;
	struct stack stack = {0};
	struct stack_roots roots = {0};
	struct error *err = program_goroutines(search->program, &list);
	for (size_t i = 0; !err && i < list->count; i++) {
		err = goroutine_stack(search->program, &list->items[i], &stack);
		if (!err)
			err = goroutine_stack_roots(
				search->program, &list->items[i], &stack, &roots);
		for (size_t j = 0; !err && j < roots.count; j++) {
			size_t target;
			if (find_target(search, roots.items[j].value, &target))
				err = visit_word(search, roots.items[j].address, 0, false, target);
		}
	}
	stack_deinit(&stack);
	free(roots.items);
	return err;
}

struct error *find_pointers(struct program *program, const uint64_t *targets, size_t count,
	bool everywhere, struct error *(*visit)(void *context, const struct pointer_use *use),
	void *context, bool *ret_partial)
{
	*ret_partial = false;
	if (!count)
		return NULL;
	_cleanup_free_ uint64_t *buffer = malloc(CHUNK);
	_cleanup_free_ uint64_t *ps = calloc(MAX_PS, sizeof(*ps));
	if (!buffer || !ps)
		return error_no_memory();
	struct search search = {program, targets, count, visit, context, buffer, ps, 0, false};
	load_ps(&search);
	struct error *err = search_heap(&search);
	if (!err && everywhere)
		err = search_globals(&search);
	if (!err && everywhere)
		err = search_stacks(&search);
	*ret_partial = search.partial;
	return err;
}
