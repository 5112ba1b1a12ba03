/* Builds the forest of contexts: see context.h. */
#include "dbg/go/contexts/context.h"

#include "dbg/go/contexts/context_method.h"
#include "dbg/go/contexts/context_state.h"
#include "dbg/go/heap/pointer_words.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum { MAX_CONTEXTS = 1 << 26, PREFETCH = 4096 };

/* ---- Where a context may be stored ---- */

enum storage { STORAGE_NONE, STORAGE_HEAP, STORAGE_GARBAGE, STORAGE_STATIC, STORAGE_STACK };

static bool in_image(const struct program *program, uint64_t address, uint64_t size)
{
	const struct module *module = program_module_of_data(program, address);
	return module && module_contains(module, address, size);
}

/* Package context's own types are never part of a larger object. Only an emptyCtx (up to 1.20) has no
 * pointers, and so may share a block with other small objects. */
static bool fits(const struct context_builder *builder, const struct context_shape *shape,
	const struct heap_object *object, uint64_t address)
{
	bool alone = shape->kind != CONTEXT_FOREIGN && shape->kind != CONTEXT_BACKGROUND;
	return shape->size <= object->size &&
	       address - object->address <= object->size - shape->size &&
	       (!shape->size || heap_can_hold(builder->program, object, address,
					shape->body->descriptor, alone));
}

/* A context is part of a heap object, a global variable, or on a stack. */
static enum storage storage_of(
	const struct context_builder *builder, const struct context_shape *shape, uint64_t address)
{
	struct heap_object object;
	if (heap_object_at(builder->program, address, &object)) {
		if (!fits(builder, shape, &object, address))
			return STORAGE_NONE;
		return object.in_use ? STORAGE_HEAP : STORAGE_GARBAGE;
	}
	if (in_image(builder->program, address, shape->size))
		return STORAGE_STATIC;
	return program_goroutine_of_stack(builder->program, address) ? STORAGE_STACK : STORAGE_NONE;
}

/* ---- Adding ---- */

static ptrdiff_t index_find(
	const struct context_builder *builder, const struct context_shape *shape, uint64_t address)
{
	return context_index_find(&builder->index, (struct context_key){address, shape});
}

static struct error *context_append(struct context_builder *builder,
	const struct context_shape *shape, uint64_t address, ptrdiff_t *ret)
{
	struct context_forest *forest = builder->forest;
	if (forest->count >= MAX_CONTEXTS)
		return error_create(ERROR_BAD_DATA,
			"cannot list contexts: found more than %d, the "
			"limit; the target's memory may be damaged",
			MAX_CONTEXTS);
	if (!array_reserve(&forest->items, &builder->capacity, forest->count + 1) ||
		!array_reserve(&builder->links, &builder->link_capacity, forest->count + 1) ||
		!context_index_add(&builder->index, (struct context_key){address, shape},
			(uint32_t)forest->count))
		return error_no_memory();
	*ret = (ptrdiff_t)forest->count++;
	forest->items[*ret] = (struct context){.address = address,
		.size = shape->size,
		.type = shape->type,
		.parent = CONTEXT_NONE,
		.done_source = CONTEXT_NONE};
	builder->links[*ret] = (struct context_link){
		.shape = shape, .done_of = CONTEXT_NONE, .deadline_of = CONTEXT_NONE};
	return NULL;
}

bool context_is_static(
	const struct context_builder *builder, const struct context_shape *shape, uint64_t address)
{
	return storage_of(builder, shape, address) == STORAGE_STATIC;
}

bool context_is_new(
	const struct context_builder *builder, const struct context_shape *shape, uint64_t address)
{
	return index_find(builder, shape, address) == CONTEXT_NONE &&
	       storage_of(builder, shape, address) != STORAGE_NONE;
}

struct error *context_builder_add(struct context_builder *builder,
	const struct context_shape *shape, uint64_t address, ptrdiff_t *ret)
{
	*ret = index_find(builder, shape, address);
	if (*ret != CONTEXT_NONE)
		return NULL;
	enum storage storage = storage_of(builder, shape, address);
	if (storage == STORAGE_NONE)
		return NULL;
	struct error *err = context_append(builder, shape, address, ret);
	if (!err)
		builder->forest->items[*ret].garbage = storage == STORAGE_GARBAGE;
	return err;
}

struct error *context_builder_add_cancel(
	struct context_builder *builder, size_t number, const uint8_t *body)
{
	const struct context_shape *shape = builder->links[number].shape;
	const struct context_shape *cancel = context_types_of_kind(&builder->types, CONTEXT_CANCEL);
	uint64_t address;
	if (shape->cancel_pointer == NO_OFFSET || !cancel)
		return NULL;
	memcpy(&address, body + shape->cancel_pointer, sizeof(address));
	if (index_find(builder, cancel, address) != CONTEXT_NONE)
		return NULL;
	return context_index_add(
		       &builder->index, (struct context_key){address, cancel}, (uint32_t)number)
		       ? NULL
		       : error_no_memory();
}

/* Decodes the contexts added since the last call, and those that decoding adds. */
static struct error *decode_new(struct context_builder *builder)
{
	struct context_forest *forest = builder->forest;
	struct range ranges[PREFETCH];
	size_t fetched = builder->decoded;
	while (builder->decoded < forest->count) {
		struct error *err = NULL;
		if (builder->decoded == fetched) {
			size_t count = 0;
			program_progress(builder->program, "reading contexts", builder->decoded,
				forest->count);
			for (; fetched < forest->count && count < PREFETCH; fetched++)
				ranges[count++] = (struct range){forest->items[fetched].address,
					builder->links[fetched].shape->size};
			err = target_prefetch(builder->program->target, ranges, count);
		}
		if (!err)
			err = context_decode(builder, builder->decoded++);
		if (err)
			return err;
	}
	program_progress(builder->program, "reading contexts", forest->count, forest->count);
	return NULL;
}

/* ---- From references to contexts ---- */

/* The contexts that references in heap and globals point to, from memory in use or from garbage:
 * sorted, without duplicates; malloc'ed. */
static struct error *keys_of_refs(
	const struct iface_refs *refs, bool garbage, struct context_key **ret, size_t *ret_count)
{
	struct context_key *keys = malloc((refs->count + 1) * sizeof(*keys));
	size_t count = 0, kept = 0;
	if (!keys)
		return error_no_memory();
	for (size_t i = 0; i < refs->count; i++) {
		const struct iface_ref *ref = &refs->items[i];
		if (ref->garbage == garbage)
			keys[count++] = (struct context_key){ref->data, ref->shape};
	}
	qsort(keys, count, sizeof(*keys), context_key_compare);
	for (size_t i = 0; i < count; i++) {
		if (!kept || context_key_compare(&keys[kept - 1], &keys[i]))
			keys[kept++] = keys[i];
	}
	*ret = keys;
	*ret_count = kept;
	return NULL;
}

/* Adds the contexts referenced from heap and globals. Stacks follow later (context_stacks.c),
 * because unused stack slots keep stale values. */
static struct error *add_from_memory(
	struct context_builder *builder, const struct iface_refs *refs, bool garbage)
{
	_cleanup_free_ struct context_key *keys = NULL;
	size_t count = 0;
	struct error *err = keys_of_refs(refs, garbage, &keys, &count);
	for (size_t i = 0; !err && i < count; i++) {
		ptrdiff_t number;
		if (index_find(builder, keys[i].shape, keys[i].address) != CONTEXT_NONE)
			continue;
		enum storage storage = storage_of(builder, keys[i].shape, keys[i].address);
		if (storage == STORAGE_NONE || (storage == STORAGE_GARBAGE && !garbage))
			continue;
		err = context_append(builder, keys[i].shape, keys[i].address, &number);
		if (!err)
			builder->forest->items[number].garbage = garbage;
	}
	return err ? err : decode_new(builder);
}

/* Whether the word at `address` points to a closure, whose first word is an address of code. */
static bool has_function(struct context_builder *builder, uint64_t address)
{
	uint64_t closure, code = 0;
	struct error *err = target_read_u64(builder->program->target, address, &closure);
	if (!err)
		err = target_read_u64(builder->program->target, closure, &code);
	error_destroy(err);
	return !err && program_is_go_pc(builder->program, code);
}

/*
 * Whether the object at `address`, which has a channel at the offset of `done`, can be of `shape`:
 * it has the right size, starts with its parent, and, for an afterFuncCtx, has a function.
 */
static bool looks_like(
	struct context_builder *builder, const struct context_shape *shape, uint64_t address)
{
	enum { CLASS_STEP = 32 }; /* between size classes up to 256 bytes */
	struct heap_object object;
	uint64_t itab;
	if (!heap_object_at(builder->program, address, &object) || object.address != address ||
		!object.in_use || object.size < shape->size ||
		object.size >= shape->size + CLASS_STEP)
		return false;
	struct error *err = target_read_u64(builder->program->target, address, &itab);
	error_destroy(err);
	return !err && context_types_itab(&builder->types, itab) &&
	       (shape->after_func == NO_OFFSET ||
		       has_function(builder, address + (uint64_t)shape->after_func));
}

/*
 * A context that is referenced only by a cancel function or a timer has no interface value
 * anywhere. It is found through its Done channel.
 */
static struct error *add_from_channels(
	struct context_builder *builder, const struct iface_refs *refs)
{
	enum { KINDS = 3 };
	const struct context_shape *shapes[KINDS] = {
		context_types_of_kind(&builder->types, CONTEXT_AFTER_FUNC),
		context_types_of_kind(&builder->types, CONTEXT_TIMER),
		context_types_of_kind(&builder->types, CONTEXT_CANCEL)};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < refs->channel_count; i++) {
		const struct context_shape *found = NULL;
		uint64_t address = 0;
		bool known = false;
		for (size_t j = 0; j < KINDS; j++) {
			if (!shapes[j] || shapes[j]->done == NO_OFFSET ||
				shapes[j]->cancel_pointer != NO_OFFSET)
				continue; /* its cancelCtx is found instead */
			address = refs->channels[i] - (uint64_t)shapes[j]->done;
			known |= index_find(builder, shapes[j], address) != CONTEXT_NONE;
			if (!known && !found && looks_like(builder, shapes[j], address))
				found = shapes[j];
		}
		ptrdiff_t number;
		if (found && !known)
			err = context_builder_add(builder, found, address, &number);
	}
	return err ? err : decode_new(builder);
}

/* ---- The forest ---- */

void context_forest_destroy(struct context_forest *forest)
{
	if (!forest)
		return;
	for (size_t i = 0; i < forest->count; i++) {
		struct context *context = &forest->items[i];
		free(context->children);
		free(context->waiters);
		free(context->err.bytes);
		free(context->cause.bytes);
		free(context->key.bytes);
		free(context->value.bytes);
	}
	free(forest->items);
	context_places_destroy(forest->places);
	free(forest->holders);
	free(forest->channels);
	free(forest->roots);
	free(forest->problem);
	free(forest);
}

/* Frees what is not needed once the contexts are linked. */
static void builder_drop_links(struct context_builder *builder)
{
	context_index_deinit(&builder->index);
	free(take_pointer(builder->links));
}

static void builder_deinit(struct context_builder *builder)
{
	builder_drop_links(builder);
	context_methods_destroy(builder->methods);
	context_types_deinit(&builder->types);
}

static struct error *load_forest(
	struct program *program, unsigned flags, struct context_forest *forest)
{
	struct context_builder builder = {.program = program, .forest = forest};
	struct iface_refs refs = {0};
	bool partial = false;
	struct error *err = context_types_load(program, &builder.types);
	if (!err)
		err = context_methods_create(program, &builder.types, &builder.methods);
	if (!err)
		err = iface_refs_find(program, &builder.types, &refs);
	if (!err)
		err = add_from_memory(&builder, &refs, false);
	if (!err)
		err = add_from_channels(&builder, &refs);
	if (!err)
		err = context_add_from_stacks(&builder, &partial);
	partial |= refs.partial;
	if (!err)
		err = decode_new(&builder);
	if (!err && (flags & CONTEXTS_GARBAGE))
		err = add_from_memory(&builder, &refs, true);
	if (!err)
		err = context_link(&builder);
	builder_drop_links(&builder);
	if (!err && (flags & CONTEXTS_HOLDERS))
		err = context_find_holders(program, forest, &refs);
	forest->with_holders = flags & CONTEXTS_HOLDERS;
	forest->partial = partial;
	if (!err && forest->partial)
		forest->problem = strdup("some memory could not be read: contexts may be missing");
	iface_refs_deinit(&refs);
	builder_deinit(&builder);
	return err;
}

struct error *program_contexts(
	struct program *program, unsigned flags, const struct context_forest **ret)
{
	struct error *err = target_check(program->target);
	struct context_forest **slot = &program->contexts[flags % array_length(program->contexts)];
	if (!err && !*slot) {
		struct context_forest *forest = calloc(1, sizeof(*forest));
		err = forest ? load_forest(program, flags, forest) : error_no_memory();
		if (err)
			context_forest_destroy(forest);
		else
			*slot = forest;
	}
	if (!err)
		*ret = *slot;
	return err;
}
