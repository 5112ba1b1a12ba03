/* Finds what points to each context: see context_state.h. */
#include "dbg/go/contexts/context_state.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/program/program_state.h"

struct holders {
	struct program *program;
	struct context_forest *forest;
	size_t capacity;
	uint64_t largest; /* bytes of the largest context */
};

static struct error *add_holder(struct holders *holders, struct context_holder holder)
{
	struct context_forest *forest = holders->forest;
	if (!array_reserve(&forest->holders, &holders->capacity, forest->holder_count + 1))
		return error_no_memory();
	forest->holders[forest->holder_count++] = holder;
	return NULL;
}

/* The context of this type at `address`. */
static ptrdiff_t context_of_type(
	const struct context_forest *forest, const struct go_type *type, uint64_t address)
{
	ptrdiff_t at = context_at(forest, address);
	for (; at != CONTEXT_NONE && at < (ptrdiff_t)forest->count &&
		forest->items[at].address == address;
		at++) {
		if (forest->items[at].type == type)
			return at;
	}
	return CONTEXT_NONE;
}

static struct error *add_refs(struct holders *holders, const struct iface_refs *refs)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < refs->count; i++) {
		const struct iface_ref *ref = &refs->items[i];
		if (ref->garbage)
			continue;
		struct context_holder holder = {.kind = (uint8_t)ref->kind,
			.address = ref->location,
			.registered = ref->canceler,
			.inside = context_containing(
				holders->forest, ref->location, holders->largest),
			.context = (int32_t)context_of_type(
				holders->forest, ref->shape->type, ref->data)};
		if (holder.context == CONTEXT_NONE)
			continue;
		const struct heap_span *span =
			ref->kind == HOLDER_HEAP ? heap_span_at(holders->program, ref->location)
						 : NULL;
		if (span) {
			holder.object_size = span->object_size;
			holder.object =
				ref->location - (ref->location - span->start) % span->object_size;
		}
		err = add_holder(holders, holder);
	}
	return err;
}

/* For one goroutine. Of one frame's words, mapped ones come first, then the lowest address. */
static int by_frame(const void *a, const void *b)
{
	const struct context_holder *x = a, *y = b;
	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	if (x->mapped != y->mapped)
		return x->mapped ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

/* Keeps one holder per context and frame. */
static void unite_frames(struct context_forest *forest, size_t first)
{
	struct context_holder *holders = forest->holders;
	size_t kept = first;
	if (forest->holder_count - first < 2)
		return;
	qsort(holders + first, forest->holder_count - first, sizeof(*holders), by_frame);
	for (size_t i = first; i < forest->holder_count; i++) {
		if (kept == first || holders[i].context != holders[kept - 1].context ||
			holders[i].frame != holders[kept - 1].frame)
			holders[kept++] = holders[i];
	}
	forest->holder_count = kept;
}

/* Adds the roots of one goroutine's stack that point to contexts. */
static struct error *add_roots(struct holders *holders, const struct goroutine *goroutine,
	const struct stack *stack, const struct stack_roots *roots)
{
	struct context_forest *forest = holders->forest;
	size_t first = forest->holder_count;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < roots->count; i++) {
		const struct stack_root *root = &roots->items[i];
		ptrdiff_t context = context_at(forest, root->value);
		if (context == CONTEXT_NONE)
			continue;
		const struct frame *frame = &stack->frames[root->frame];
		err = add_holder(holders, (struct context_holder){.kind = HOLDER_GOROUTINE,
						  .context = (int32_t)context,
						  .address = root->address,
						  .goid = goroutine->goid,
						  .function = frame->entry,
						  .frame = frame->fp,
						  .mapped = root->mapped});
	}
	unite_frames(forest, first);
	return err;
}

/* Prefetches the next batch of stacks, from number `first` on. */
static struct error *prefetch_stacks(struct program *program,
	const struct goroutine *const *goroutines, size_t first, size_t count)
{
	program_progress(program, "scanning stacks", first, count);
	return goroutine_stacks_prefetch(program, goroutines + first, count - first, false);
}

static struct error *add_stacks(struct holders *holders)
{
	const struct goroutine *const *sorted;
	size_t count = 0;
	struct stack stack = {0};
	struct stack_roots roots = {0};
	struct error *err = program_goroutines_by_stack(holders->program, &sorted, &count);
	for (size_t i = 0; !err && i < count; i++) {
		const struct goroutine *goroutine = sorted[i];
		if (i % STACKS_PREFETCH == 0)
			err = prefetch_stacks(holders->program, sorted, i, count);
		if (err || goroutine->system)
			continue;
		err = goroutine_stack(holders->program, goroutine, &stack);
		if (!err)
			err = goroutine_stack_roots(holders->program, goroutine, &stack, &roots);
		if (!err)
			err = add_roots(holders, goroutine, &stack, &roots);
	}
	program_progress(holders->program, "scanning stacks", 1, 1);
	stack_deinit(&stack);
	free(roots.items);
	return err;
}

/* Of one context. */
static int by_holder(const void *a, const void *b)
{
	const struct context_holder *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == HOLDER_GOROUTINE && x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

/* Moves each holder to the group of its context, in place. Group i begins at starts[i], and
 * starts[count] is the end; `next` is a copy of `starts`. */
static void group_holders(struct context_forest *forest, const size_t *starts, size_t *next)
{
	struct context_holder *holders = forest->holders;
	for (size_t i = 0; i < forest->count; i++) {
		while (next[i] < starts[i + 1]) {
			size_t from = next[i];
			struct context_holder holder = holders[from];
			size_t to = next[holder.context]++;
			holders[from] = holders[to];
			holders[to] = holder;
		}
	}
}

/*
 * Sorts the holders by context, kind, goroutine and address: first into a group for each context,
 * since comparing millions of holders with each other takes longer than all else.
 */
static struct error *sort_holders(struct context_forest *forest)
{
	_cleanup_free_ size_t *starts = calloc(forest->count + 1, sizeof(*starts));
	_cleanup_free_ size_t *next = calloc(forest->count + 1, sizeof(*next));
	if (!starts || !next)
		return error_no_memory();
	for (size_t i = 0; i < forest->holder_count; i++)
		starts[forest->holders[i].context + 1]++;
	for (size_t i = 0; i < forest->count; i++)
		starts[i + 1] += starts[i];
	memcpy(next, starts, forest->count * sizeof(*next));
	group_holders(forest, starts, next);
	for (size_t i = 0; i < forest->count; i++) {
		if (starts[i + 1] - starts[i] > 1)
			qsort(forest->holders + starts[i], starts[i + 1] - starts[i],
				sizeof(*forest->holders), by_holder);
	}
	return NULL;
}

struct error *context_find_holders(
	struct program *program, struct context_forest *forest, struct iface_refs *refs)
{
	struct holders holders = {.program = program, .forest = forest};
	for (size_t i = 0; i < forest->count; i++) {
		if (forest->items[i].size > holders.largest)
			holders.largest = forest->items[i].size;
	}
	struct error *err = add_refs(&holders, refs);
	iface_refs_deinit(refs);
	if (!err)
		err = add_stacks(&holders);
	return err ? err : sort_holders(forest);
}
