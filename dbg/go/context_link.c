/* From contexts that were read one by one to a forest: see context_state.h. */
#include "dbg/go/context_state.h"
#include "dbg/go/program_state.h"

enum { MAX_WAITERS = 1 << 22, MAX_SUDOG = 512 };

/* ---- Order ---- */

struct placed {
	const struct context *context;
	size_t number;
};

static int by_place(const void *a, const void *b)
{
	const struct context *x = ((const struct placed *)a)->context;
	const struct context *y = ((const struct placed *)b)->context;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->type->name, y->type->name);
}

static ptrdiff_t moved(const ptrdiff_t *places, ptrdiff_t number)
{
	return number == CONTEXT_NONE ? CONTEXT_NONE : places[number];
}

static int by_number(const void *a, const void *b)
{
	ptrdiff_t x = *(const ptrdiff_t *)a, y = *(const ptrdiff_t *)b;
	return (x > y) - (x < y);
}

/* Sorts contexts and shapes by address and renumbers what refers to them. */
static struct error *sort(struct context_builder *builder)
{
	struct context_forest *forest = builder->forest;
	size_t count = forest->count;
	_cleanup_free_ struct placed *order = calloc(count + 1, sizeof(*order));
	_cleanup_free_ ptrdiff_t *places = calloc(count + 1, sizeof(*places));
	struct context *items = calloc(count + 1, sizeof(*items));
	const struct context_shape **shapes = calloc(count + 1, sizeof(*shapes));
	if (!order || !places || !items || !shapes) {
		free(items);
		free(shapes);
		return error_no_memory();
	}
	for (size_t i = 0; i < count; i++)
		order[i] = (struct placed){&forest->items[i], i};
	qsort(order, count, sizeof(*order), by_place);
	for (size_t i = 0; i < count; i++) {
		places[order[i].number] = (ptrdiff_t)i;
		items[i] = forest->items[order[i].number];
		shapes[i] = builder->shapes[order[i].number];
	}
	for (size_t i = 0; i < count; i++) {
		items[i].parent = moved(places, items[i].parent);
		for (size_t j = 0; j < items[i].child_count; j++)
			items[i].children[j] = moved(places, items[i].children[j]);
		if (items[i].child_count)
			qsort(items[i].children, items[i].child_count, sizeof(ptrdiff_t),
				by_number);
	}
	free(forest->items);
	free(builder->shapes);
	forest->items = items;
	builder->shapes = shapes;
	return NULL;
}

/* ---- Parents and governors ---- */

static struct error *link_parents(struct context_forest *forest)
{
	forest->roots = calloc(forest->count + 1, sizeof(*forest->roots));
	if (!forest->roots)
		return error_no_memory();
	for (size_t i = 0; i < forest->count; i++)
		forest->items[i].first_embedded = forest->items[i].next_embedded = CONTEXT_NONE;
	for (size_t i = forest->count; i-- > 0;) { /* so that the lists ascend */
		struct context *context = &forest->items[i];
		if (context->parent == CONTEXT_NONE)
			continue;
		struct context *parent = &forest->items[context->parent];
		context->next_embedded = parent->first_embedded;
		parent->first_embedded = (ptrdiff_t)i;
	}
	for (size_t i = 0; i < forest->count; i++) {
		if (forest->items[i].parent == CONTEXT_NONE)
			forest->roots[forest->root_count++] = (ptrdiff_t)i;
	}
	return NULL;
}

/*
 * Settles the state of a context whose parent (NULL: none) is settled. What Done, Err and Deadline
 * do is inherited by embedding; a cancelCtx, a timerCtx and foreign types override some.
 */
static void settle(const struct context_shape *shape, struct context *context, ptrdiff_t number,
	const struct context *parent)
{
	bool inherits = shape->kind != CONTEXT_BACKGROUND &&
			shape->kind != CONTEXT_WITHOUT_CANCEL && !shape->own_done;
	if (inherits && parent && !context->has_deadline) {
		context->has_deadline = parent->has_deadline;
		context->deadline_unix_ns = parent->deadline_unix_ns;
		context->has_remaining = parent->has_remaining;
		context->remaining_ns = parent->remaining_ns;
	}
	if (shape->cancel != NO_OFFSET) {
		context->governor = number;
	} else if (shape->own_done && shape->kind == CONTEXT_FOREIGN) {
		context->governor = shape->channel != NO_OFFSET ? number : CONTEXT_NONE;
		if (shape->channel != NO_OFFSET)
			context->state = context->done_closed ? CONTEXT_CANCELED : CONTEXT_ACTIVE;
	} else if (inherits && parent) {
		context->governor = parent->governor;
		context->state = parent->state;
	} else if (!context->partial) {
		context->state = CONTEXT_NEVER;
	}
}

enum { UNSETTLED, ON_PATH, SETTLED };

/* From each context up to one that is settled, then down again; a damaged circle is cut. */
static struct error *settle_all(struct context_builder *builder)
{
	struct context_forest *forest = builder->forest;
	_cleanup_free_ uint8_t *marks = calloc(forest->count + 1, 1);
	_cleanup_free_ ptrdiff_t *path = calloc(forest->count + 1, sizeof(*path));
	if (!marks || !path)
		return error_no_memory();
	for (size_t i = 0; i < forest->count; i++) {
		size_t depth = 0;
		ptrdiff_t at = (ptrdiff_t)i;
		while (at != CONTEXT_NONE && marks[at] == UNSETTLED) {
			marks[at] = ON_PATH;
			path[depth++] = at;
			at = forest->items[at].parent;
		}
		if (at != CONTEXT_NONE && marks[at] == ON_PATH) {
			forest->items[path[depth - 1]].parent = CONTEXT_NONE;
			forest->items[path[depth - 1]].partial = true;
		}
		while (depth-- > 0) {
			struct context *context = &forest->items[path[depth]];
			settle(builder->shapes[path[depth]], context, path[depth],
				context->parent == CONTEXT_NONE ? NULL
								: &forest->items[context->parent]);
			marks[path[depth]] = SETTLED;
		}
	}
	return NULL;
}

/* ---- Channels ---- */

static int by_goid(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Follows the channel's queue of receivers: sudog by sudog, each with its g. */
static struct error *read_waiters(struct program *program, struct context *context, uint64_t sudog)
{
	const struct runtime_layout *layout = &program->layout;
	size_t size = layout->sudog.size.size, capacity = 0;
	for (size_t i = 0; sudog && i < MAX_WAITERS; i++) {
		uint8_t record[MAX_SUDOG];
		if (!size || size > sizeof(record))
			return NULL;
		struct error *err = target_read(program->target, sudog, record, size);
		if (err)
			return err;
		if (object_field(record, size, layout->sudog.c) != context->done) {
			context->partial = true; /* the queue is being changed */
			break;
		}
		const struct goroutine *goroutine =
			program_goroutine_at(program, object_field(record, size, layout->sudog.g));
		if (goroutine) {
			if (!array_reserve(&context->waiters, &capacity, context->waiter_count + 1))
				return error_no_memory();
			context->waiters[context->waiter_count++] = goroutine->goid;
		}
		sudog = object_field(record, size, layout->sudog.next);
	}
	if (context->waiter_count)
		qsort(context->waiters, context->waiter_count, sizeof(uint64_t), by_goid);
	return NULL;
}

static struct error *read_channel(struct program *program, struct context *context)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t closed, first;
	struct error *err =
		program_read_field(program, context->done, layout->hchan.closed, &closed);
	if (!err)
		err = program_read_field(program, context->done, layout->hchan.recvq_first, &first);
	if (!err) {
		context->done_closed = closed != 0;
		err = read_waiters(program, context, first);
	}
	if (err && (err->code == ERROR_FAULT || err->code == ERROR_BAD_DATA)) {
		error_destroy(err);
		context->partial = true;
		return NULL;
	}
	return err;
}

static struct error *read_channels(struct context_builder *builder)
{
	struct context_forest *forest = builder->forest;
	const struct goroutine_list *goroutines;
	struct error *err = program_goroutines(builder->program, &goroutines);
	if (err)
		return err;
	_cleanup_free_ struct range *ranges = calloc(forest->count + 1, sizeof(*ranges));
	if (!ranges)
		return error_no_memory();
	size_t count = 0;
	for (size_t i = 0; i < forest->count; i++) {
		if (forest->items[i].done)
			ranges[count++] = (struct range){
				forest->items[i].done, builder->program->layout.hchan.size.size};
	}
	err = target_prefetch(builder->program->target, ranges, count);
	for (size_t i = 0; !err && i < forest->count; i++) {
		if (forest->items[i].done)
			err = read_channel(builder->program, &forest->items[i]);
	}
	return err;
}

struct error *context_link(struct context_builder *builder)
{
	struct error *err = sort(builder);
	if (!err)
		err = read_channels(builder);
	if (!err)
		err = settle_all(builder);
	return err ? err : link_parents(builder->forest);
}
