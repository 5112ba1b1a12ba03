/* Links decoded contexts to a forest: see context_state.h. */
#include "dbg/go/contexts/context_state.h"
#include "dbg/go/program/program_state.h"

enum {
	MAX_WAITERS = 1 << 22,
	MAX_SUDOG = 512,
	CHANNELS = 4096, /* prefetched at a time */
};

/* ---- Order ---- */

struct context_order {
	uint64_t address;
	const char *type;
	size_t number;
};

static int by_address(const void *a, const void *b)
{
	const struct context_order *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->type, y->type);
}

static ptrdiff_t new_number(const ptrdiff_t *positions, ptrdiff_t number)
{
	return number == CONTEXT_NONE ? CONTEXT_NONE : positions[number];
}

static int by_number(const void *a, const void *b)
{
	ptrdiff_t x = *(const ptrdiff_t *)a, y = *(const ptrdiff_t *)b;
	return (x > y) - (x < y);
}

/*
 * Moves each context to its position, one cycle of the permutation at a time: a second array of
 * contexts would be large. Destroys `positions`.
 */
static void move_all(struct context_builder *builder, ptrdiff_t *positions)
{
	struct context *items = builder->forest->items;
	struct context_link *links = builder->links;
	for (size_t i = 0; i < builder->forest->count; i++) {
		while (positions[i] != (ptrdiff_t)i) {
			/* Swap item i to its position until the right item is here. */
			ptrdiff_t to = positions[i];
			struct context item = items[to];
			struct context_link link = links[to];
			items[to] = items[i];
			links[to] = links[i];
			items[i] = item;
			links[i] = link;
			positions[i] = positions[to];
			positions[to] = to;
		}
	}
}

/* Sorts contexts and links by address and renumbers the references to them. */
static struct error *sort_contexts(struct context_builder *builder)
{
	struct context_forest *forest = builder->forest;
	size_t count = forest->count;
	_cleanup_free_ struct context_order *order = calloc(count + 1, sizeof(*order));
	_cleanup_free_ ptrdiff_t *positions = calloc(count + 1, sizeof(*positions));
	if (!order || !positions)
		return error_no_memory();
	for (size_t i = 0; i < count; i++)
		order[i] = (struct context_order){
			forest->items[i].address, forest->items[i].type->name, i};
	qsort(order, count, sizeof(*order), by_address);
	for (size_t i = 0; i < count; i++)
		positions[order[i].number] = (ptrdiff_t)i;
	for (size_t i = 0; i < count; i++) {
		struct context *context = &forest->items[i];
		struct context_link *link = &builder->links[i];
		context->parent = new_number(positions, context->parent);
		link->done_of = new_number(positions, link->done_of);
		link->deadline_of = new_number(positions, link->deadline_of);
		for (size_t j = 0; j < context->child_count; j++)
			context->children[j] = new_number(positions, context->children[j]);
		if (context->child_count)
			qsort(context->children, context->child_count, sizeof(ptrdiff_t),
				by_number);
	}
	move_all(builder, positions);
	return context_places_create(forest->items, count, &forest->places);
}

/* ---- Parents, done sources and deadlines ---- */

/* Numbers a tree depth first, so that a context and its descendants have consecutive orders. */
static void count_tree(struct context_forest *forest, ptrdiff_t root, size_t *order)
{
	struct context *items = forest->items;
	ptrdiff_t at = root;
	size_t depth = 0;
	while (true) {
		items[at].depth = depth;
		items[at].order = (*order)++;
		if (items[at].first_embedded != CONTEXT_NONE) {
			at = items[at].first_embedded;
			depth++;
			continue;
		}
		while (at != root && items[at].next_embedded == CONTEXT_NONE) {
			at = items[at].parent;
			depth--;
			items[at].descendants = *order - items[at].order - 1;
		}
		if (at == root)
			return;
		at = items[at].next_embedded;
	}
}

static struct error *link_parents(struct context_forest *forest)
{
	forest->roots = calloc(forest->count + 1, sizeof(*forest->roots));
	if (!forest->roots)
		return error_no_memory();
	for (size_t i = 0; i < forest->count; i++)
		forest->items[i].first_embedded = forest->items[i].next_embedded = CONTEXT_NONE;
	for (size_t i = forest->count; i-- > 0;) { /* backwards, so that sibling lists ascend */
		struct context *context = &forest->items[i];
		if (context->parent == CONTEXT_NONE)
			continue;
		struct context *parent = &forest->items[context->parent];
		context->next_embedded = parent->first_embedded;
		parent->first_embedded = (ptrdiff_t)i;
	}
	size_t order = 0;
	for (size_t i = 0; i < forest->count; i++) {
		if (forest->items[i].parent != CONTEXT_NONE)
			continue;
		forest->roots[forest->root_count++] = (ptrdiff_t)i;
		count_tree(forest, (ptrdiff_t)i, &order);
	}
	return NULL;
}

/* The context whose own cancelCtx is at `address`. */
static ptrdiff_t cancel_at(const struct context_builder *builder, uint64_t address)
{
	const struct context_forest *forest = builder->forest;
	ptrdiff_t at = address ? context_at(forest, address) : CONTEXT_NONE;
	for (; at != CONTEXT_NONE && at < (ptrdiff_t)forest->count &&
		forest->items[at].address == address;
		at++) {
		if (builder->links[at].shape->cancel == 0)
			return at;
	}
	return CONTEXT_NONE;
}

/* The context that Done delegates to; itself if it has its own channel; CONTEXT_NONE if none. */
static ptrdiff_t next_done_source(const struct context_builder *builder, ptrdiff_t number)
{
	const struct context_link *link = &builder->links[number];
	if (link->shape->cancel != NO_OFFSET || link->own_channel)
		return number;
	switch (link->shape->kind) {
	case CONTEXT_BACKGROUND:
	case CONTEXT_WITHOUT_CANCEL:
		return CONTEXT_NONE;
	case CONTEXT_FOREIGN:
		return link->cancel ? cancel_at(builder, link->cancel) : link->done_of;
	default:
		return builder->forest->items[number].parent;
	}
}

/* The context that Deadline delegates to; CONTEXT_NONE if it has its own deadline or none. */
static ptrdiff_t next_deadline(const struct context_builder *builder, ptrdiff_t number)
{
	const struct context *context = &builder->forest->items[number];
	const struct context_shape *shape = builder->links[number].shape;
	if (context->has_deadline || shape->kind == CONTEXT_BACKGROUND ||
		shape->kind == CONTEXT_WITHOUT_CANCEL)
		return CONTEXT_NONE;
	return shape->kind == CONTEXT_FOREIGN ? builder->links[number].deadline_of
					      : context->parent;
}

/* Sets the state of a context whose Done does not delegate to another. */
static void resolve_end(struct context_builder *builder, ptrdiff_t number)
{
	struct context *context = &builder->forest->items[number];
	const struct context_link *link = &builder->links[number];
	if (link->shape->cancel != NO_OFFSET)
		context->done_source = number;
	else if (link->own_channel) {
		context->done_source = number;
		context->own_channel = true;
		context->state = context->done_closed ? CONTEXT_CANCELED : CONTEXT_ACTIVE;
	} else if (link->shape->kind == CONTEXT_BACKGROUND ||
		   link->shape->kind == CONTEXT_WITHOUT_CANCEL || link->never ||
		   (!context->partial && !context->parent_address &&
			   link->shape->kind != CONTEXT_FOREIGN))
		context->state = CONTEXT_NEVER;
}

enum { UNRESOLVED, ON_PATH, RESOLVED };

/*
 * Follows `next` from each context to a resolved one or to the end of the chain, where it calls
 * `end`, then copies the result back along the chain with `inherit`. A cycle, which only damaged
 * memory has, is cut and its context marked partial.
 */
static struct error *resolve_all(struct context_builder *builder,
	ptrdiff_t (*next)(const struct context_builder *builder, ptrdiff_t number),
	void (*end)(struct context_builder *builder, ptrdiff_t number),
	void (*inherit)(struct context *context, const struct context *from))
{
	struct context_forest *forest = builder->forest;
	_cleanup_free_ uint8_t *marks = calloc(forest->count + 1, 1);
	_cleanup_free_ ptrdiff_t *path = calloc(forest->count + 1, sizeof(*path));
	if (!marks || !path)
		return error_no_memory();
	for (size_t i = 0; i < forest->count; i++) {
		size_t depth = 0;
		ptrdiff_t at = (ptrdiff_t)i, from = CONTEXT_NONE;
		while (at != CONTEXT_NONE && marks[at] == UNRESOLVED) {
			marks[at] = ON_PATH;
			path[depth++] = at;
			from = next(builder, at);
			at = from == at ? CONTEXT_NONE : from;
		}
		if (at != CONTEXT_NONE && marks[at] == ON_PATH) {
			forest->items[at].partial = true;
			at = CONTEXT_NONE;
		}
		while (depth-- > 0) {
			if (at == CONTEXT_NONE)
				end(builder, path[depth]);
			else
				inherit(&forest->items[path[depth]], &forest->items[at]);
			at = path[depth];
			marks[at] = RESOLVED;
		}
	}
	return NULL;
}

static void inherit_state(struct context *context, const struct context *from)
{
	context->done_source = from->done_source;
	context->state = from->state;
}

static void no_deadline(struct context_builder *builder, ptrdiff_t number)
{
	(void)builder;
	(void)number; /* it has its own deadline or none */
}

static void inherit_deadline(struct context *context, const struct context *from)
{
	context->has_deadline = from->has_deadline;
	context->deadline_unix_ms = from->deadline_unix_ms;
	context->has_remaining = from->has_remaining;
	context->remaining_ns = from->remaining_ns;
}

/* Removes cycles of parents: code that follows parents does not check for them. */
static ptrdiff_t next_parent(const struct context_builder *builder, ptrdiff_t number)
{
	return builder->forest->items[number].parent;
}

static void cut_parent(struct context_builder *builder, ptrdiff_t number)
{
	builder->forest->items[number].parent = CONTEXT_NONE;
}

static void keep_parent(struct context *context, const struct context *from)
{
	(void)context;
	(void)from;
}

/* ---- Channels ---- */

/* Reads the channel's queue of receivers: a list of sudogs, each with its g. */
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
			context->partial = true; /* the queue was being modified */
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
	/* A select can name a channel twice. */
	context->waiter_count = goids_sort_unique(context->waiters, context->waiter_count);
	/* Most contexts have one waiter: the reserve would be most of the memory. */
	uint64_t *exact = context->waiter_count ? reallocarray(context->waiters,
							  context->waiter_count, sizeof(*exact))
						: NULL;
	if (exact)
		context->waiters = exact;
	return NULL;
}

static struct error *read_channel(struct program *program, struct context *context)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t closed, first, lock = 0;
	struct error *err =
		program_read_field(program, context->done, layout->hchan.closed, &closed);
	if (!err)
		err = program_read_field(program, context->done, layout->hchan.lock, &lock);
	if (!err)
		err = program_read_field(program, context->done, layout->hchan.recvq_first, &first);
	if (!err) {
		context->done_closed = closed != 0;
		context->done_locked = lock != 0;
		/* cancel() sets the error and closes the channel while it holds the mutex. */
		if (context->state == CONTEXT_CANCELED && !closed && !context->locked) {
			context->state = CONTEXT_UNKNOWN;
			context->partial = true;
		}
		err = read_waiters(program, context, first);
	}
	if (err) {
		err = error_ignore_fault(err);
		context->partial |= !err;
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
	struct range ranges[CHANNELS];
	uint64_t size = builder->program->layout.hchan.size.size;
	for (size_t i = 0, fetched = 0; !err && i < forest->count; i++) {
		size_t count = 0;
		if (i == fetched) {
			for (; fetched < forest->count && count < CHANNELS; fetched++) {
				if (forest->items[fetched].done)
					ranges[count++] =
						(struct range){forest->items[fetched].done, size};
			}
			err = target_prefetch(builder->program->target, ranges, count);
		}
		if (!err && forest->items[i].done)
			err = read_channel(builder->program, &forest->items[i]);
	}
	return err;
}

static int by_channel(const void *a, const void *b)
{
	const struct context_channel *x = a, *y = b;
	if (x->channel != y->channel)
		return x->channel < y->channel ? -1 : 1;
	return (x->context > y->context) - (x->context < y->context);
}

static struct error *index_channels(struct context_forest *forest)
{
	forest->channels = calloc(forest->count + 1, sizeof(*forest->channels));
	if (!forest->channels)
		return error_no_memory();
	for (size_t i = 0; i < forest->count; i++) {
		if (forest->items[i].done)
			forest->channels[forest->channel_count++] =
				(struct context_channel){forest->items[i].done, (ptrdiff_t)i};
	}
	if (forest->channel_count)
		qsort(forest->channels, forest->channel_count, sizeof(*forest->channels),
			by_channel);
	return NULL;
}

struct error *context_link(struct context_builder *builder)
{
	struct error *err = sort_contexts(builder);
	if (!err)
		err = index_channels(builder->forest);
	if (!err)
		err = read_channels(builder);
	if (!err)
		err = resolve_all(builder, next_parent, cut_parent, keep_parent);
	if (!err)
		err = resolve_all(builder, next_done_source, resolve_end, inherit_state);
	if (!err)
		err = resolve_all(builder, next_deadline, no_deadline, inherit_deadline);
	return err ? err : link_parents(builder->forest);
}
