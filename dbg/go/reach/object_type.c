/* Infers the types of heap objects from what points to them: see object_type.h. */
#include "dbg/go/reach/object_type.h"

#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/reach/find_pointers.h"
#include "dbg/go/types/itabs.h"
#include "dbg/go/reach/object_type_state.h"
#include "dbg/go/values/variables.h"

enum {
	ROUNDS = 5,	   /* a map's variable reaches an object in the map in four steps */
	MAX_OBJECTS = 512, /* including those that point to the requested ones */
	USES = 8,	   /* pointers followed per object if no interface value has its type */
	MAX_STACKS = 64,   /* pointers on stacks for which variables are decoded */
	/* Objects larger than this (internal/runtime/gc MinSizeForMallocHeader) start with a header
	 * of this many bytes: the address of their type. */
	HEADER_FROM = 512,
	HEADER = 8,
};

struct use {
	size_t object;		  /* the index of the object that is pointed to */
	uint64_t location, owner; /* of the pointer; owner 0: a global or a stack */
};

struct inference {
	struct program *program;
	struct itab *itabs; /* sorted */
	size_t itab_count;
	struct inferred_object *items;
	size_t count, capacity;
	struct use *uses;
	size_t use_count, use_capacity;
	uint64_t *targets;	/* addresses of the current search, sorted */
	size_t *target_objects; /* parallel: the index of each target's object */
	size_t stacks;		/* decoded so far */
};

static bool is_known(const struct inferred_object *inferred)
{
	return inferred->object.type || inferred->object.function || inferred->part != MAP_NONE;
}

static struct error *add_object(struct inference *inference, struct object_type object)
{
	if (!array_reserve(&inference->items, &inference->capacity, inference->count + 1))
		return error_no_memory();
	inference->items[inference->count++] = (struct inferred_object){.object = object};
	return NULL;
}

static struct inferred_object *find_object(struct inference *inference, uint64_t address)
{
	for (size_t i = 0; i < inference->count; i++) {
		if (inference->items[i].object.address == address)
			return &inference->items[i];
	}
	return NULL;
}

/* What the object itself contains: a malloc header, or the function at the start of a closure. */
static struct error *read_object(struct program *program, struct object_type *object)
{
	struct heap_object heap;
	struct module_function function;
	uint64_t word;
	if (!heap_object_at(program, object->address, &heap) || heap.no_pointers)
		return NULL;
	struct error *err = target_read_u64(program->target, object->address, &word);
	if (err)
		return error_ignore_fault(err);
	const struct heap_span *span = heap_span_at(program, object->address);
	bool header = field_present(program->layout.span.large_type) &&
		      object->size > HEADER_FROM && span && span->object_count > 1;
	if (header) {
		const struct go_type *type;
		object->start = HEADER;
		err = program_type_at(program, word, &type);
		if (!err && type->size + HEADER <= object->size) {
			object->type = type;
			/* The header of an array has the type of its elements. */
			object->repeated = (type->size + HEADER) * 3 <= object->size * 2;
		}
		error_destroy(err);
	} else if (program_function_at(program, word, &function) && function.entry == word) {
		object->function = program_function_name(program, word);
	}
	return NULL;
}

/* ---- Interface values ---- */

/* If the word before the pointer is a type or an itab, the two are an interface value. */
static void infer_from_interface(
	struct inference *inference, struct object_type *object, uint64_t before)
{
	struct program *program = inference->program;
	const struct itab *itab = itabs_find(inference->itabs, inference->itab_count, before);
	const struct go_type *type;
	if (!itab && !program_module_of_type(program, before))
		return;
	struct error *err = program_type_at(program, itab ? itab->type : before, &type);
	if (!err && type->kind == GO_POINTER)
		err = go_type_element(program, type, &type);
	else if (!err && type->direct)
		type = NULL;
	if (!err && type)
		object_type_propose(object, type, false);
	error_destroy(err);
}

/* ---- Variables ---- */

static struct error *infer_from_variables(struct program *program, const struct stack *stack,
	uint64_t location, struct inferred_object *inferred)
{
	struct error *err = NULL;
	bool found = false;
	for (size_t i = 0; !err && !found && i < stack->count; i++) {
		struct variables variables;
		err = error_ignore_unreadable(frame_variables(program, stack, i, NULL, &variables));
		for (size_t j = 0; !err && !found && j < variables.count; j++) {
			const struct value *value = &variables.items[j].value;
			found = value->type && value->address && location >= value->address &&
				location - value->address < value->type->size;
			if (found)
				err = object_type_infer_from(
					program, inferred, value->type, location - value->address);
		}
		variables_deinit(&variables);
	}
	return err;
}

static struct error *infer_from_stack(struct inference *inference, uint64_t location,
	struct inferred_object *inferred, bool *ret_found)
{
	struct program *program = inference->program;
	const struct goroutine_list *list;
	struct stack stack = {0};
	struct error *err = program_goroutines(program, &list);
	*ret_found = false;
	for (size_t i = 0; !err && !*ret_found && i < list->count; i++) {
		const struct goroutine *goroutine = &list->items[i];
		*ret_found = location >= goroutine->stack_low && location < goroutine->stack_high;
		if (!*ret_found || inference->stacks++ >= MAX_STACKS)
			continue;
		err = goroutine_stack(program, goroutine, &stack);
		if (!err)
			err = infer_from_variables(program, &stack, location, inferred);
	}
	stack_deinit(&stack);
	return err;
}

static struct error *infer_from_global(
	struct program *program, uint64_t location, struct inferred_object *inferred)
{
	struct value value = {0};
	const char *name = program_global_name(program, location);
	struct error *err = name ? program_global(program, name, &value) : NULL;
	if (!err && value.type && value.address && location >= value.address)
		err = object_type_infer_from(
			program, inferred, value.type, location - value.address);
	value_deinit(&value);
	return error_ignore_unreadable(err);
}

/* ---- Searching ---- */

static struct error *add_use(void *context, const struct pointer_use *use)
{
	struct inference *inference = context;
	size_t number = inference->target_objects[use->target];
	struct inferred_object *inferred = &inference->items[number];
	if (use->before)
		infer_from_interface(inference, &inferred->object, use->before);
	if (inferred->object.type || inferred->uses >= USES)
		return NULL;
	inferred->uses++;
	if (!array_reserve(&inference->uses, &inference->use_capacity, inference->use_count + 1))
		return error_no_memory();
	inference->uses[inference->use_count++] = (struct use){number, use->location, use->object};
	return NULL;
}

/* Scans all memory for pointers to the objects whose types are still unknown. */
static struct error *search_uses(struct inference *inference)
{
	size_t count = 0;
	bool partial;
	inference->targets = calloc(inference->count + 1, sizeof(*inference->targets));
	inference->target_objects = calloc(inference->count + 1, sizeof(size_t));
	if (!inference->targets || !inference->target_objects)
		return error_no_memory();
	for (size_t i = 0; i < inference->count; i++) {
		struct inferred_object *inferred = &inference->items[i];
		if (inferred->searched || is_known(inferred))
			continue;
		inferred->searched = true;
		uint64_t target = inferred->object.address + inferred->object.start;
		size_t at = count++;
		for (; at && inference->targets[at - 1] > target; at--) {
			inference->targets[at] = inference->targets[at - 1];
			inference->target_objects[at] = inference->target_objects[at - 1];
		}
		inference->targets[at] = target;
		inference->target_objects[at] = i;
	}
	struct error *err = find_pointers(
		inference->program, inference->targets, count, true, add_use, inference, &partial);
	free(take_pointer(inference->targets));
	free(take_pointer(inference->target_objects));
	return err;
}

/*
 * Follows the uses from `first` on of objects that are still unknown: infers types from variables,
 * and adds the heap objects that contain the pointers, whose types are inferred next.
 */
static struct error *follow_uses(struct inference *inference, size_t first)
{
	struct error *err = NULL;
	for (size_t i = first; !err && i < inference->use_count; i++) {
		const struct use *use = &inference->uses[i];
		struct inferred_object *inferred = &inference->items[use->object];
		bool on_stack = false;
		if (is_known(inferred))
			continue;
		if (!use->owner) {
			err = infer_from_stack(inference, use->location, inferred, &on_stack);
			if (!err && !on_stack)
				err = infer_from_global(
					inference->program, use->location, inferred);
			continue;
		}
		struct heap_object heap;
		if (find_object(inference, use->owner) || inference->count >= MAX_OBJECTS ||
			!heap_object_at(inference->program, use->owner, &heap))
			continue;
		struct object_type owner = {.address = heap.address, .size = heap.size};
		err = read_object(inference->program, &owner);
		if (!err)
			err = add_object(inference, owner);
	}
	return err;
}

/* Infers types from those of the objects that contain the pointers. */
static struct error *propagate(struct inference *inference)
{
	struct error *err = NULL;
	for (int round = 0; round <= ROUNDS; round++) {
		for (size_t i = 0; !err && i < inference->use_count; i++) {
			const struct use *use = &inference->uses[i];
			struct inferred_object *inferred = &inference->items[use->object];
			const struct inferred_object *owner =
				use->owner ? find_object(inference, use->owner) : NULL;
			if (!is_known(inferred) && owner && is_known(owner))
				err = object_type_infer_from_owner(
					inference->program, inferred, owner, use->location);
		}
	}
	return err;
}

static bool all_known(const struct inference *inference, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_known(&inference->items[i]))
			return false;
	}
	return true;
}

struct error *program_object_types(
	struct program *program, struct object_type *objects, size_t count)
{
	struct inference inference = {.program = program};
	bool partial;
	struct error *err =
		program_itabs(program, &inference.itabs, &inference.itab_count, &partial);
	for (size_t i = 0; !err && i < count && i < MAX_OBJECTS; i++) {
		err = read_object(program, &objects[i]);
		if (!err)
			err = add_object(&inference, objects[i]);
	}
	size_t asked = inference.count;
	for (int round = 0; !err && round < ROUNDS && !all_known(&inference, asked); round++) {
		size_t first = inference.use_count;
		err = search_uses(&inference);
		if (!err)
			err = follow_uses(&inference, first);
		if (!err)
			err = propagate(&inference);
	}
	for (size_t i = 0; i < asked; i++)
		objects[i] = inference.items[i].object;
	free(inference.itabs);
	free(inference.items);
	free(inference.uses);
	free(inference.targets);
	free(inference.target_objects);
	return err;
}
