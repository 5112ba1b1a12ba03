/* Recognising stacks with the same frames: see stack_shape.h. */
#include "dbg/go/stacks/stack_shape.h"

#include "dbg/go/stacks/unwind_info.h"
#include "dwarf/base/hash.h"

enum {
	MAX_NODES = 1 << 16,
	MAX_FRAMES = 1 << 16, /* in all shapes together */
	MAX_SLOTS = 1 << 20,  /* the same, with the stack objects */
	MAX_SHAPE_SLOTS = 1 << 14,
	MAX_SHAPE_FRAMES = 128,
	MAX_SHAPE_BYTES = 1 << 20,
};

struct node_key {
	const struct node *parent;
	uint64_t pc;
};

/* The shapes are the paths of a tree from the innermost frame's pc outwards. */
struct node {
	struct node_key key;
	uint32_t return_offset;	   /* of the return address, from the SP of the first frame */
	struct node *last_child;   /* that was found: the next stack often has it, too */
	struct stack_shape *shape; /* the outermost frame; NULL: there are callers */
	bool lost;		   /* not in the table: no memory */
	UT_hash_handle hh;
};

struct stack_shapes {
	struct node root;
	struct node *nodes;   /* hash table, without the root */
	size_t frames, slots; /* in all shapes */
};

struct error *stack_shapes_create(struct stack_shapes **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : error_no_memory();
}

static void node_free(struct node *node)
{
	if (node->shape) {
		free(node->shape->frames);
		stack_slots_deinit(&node->shape->slots);
		free(node->shape);
	}
	free(node);
}

void stack_shapes_destroy(struct stack_shapes *shapes)
{
	struct node *node, *next;
	if (!shapes)
		return;
	HASH_ITER (hh, shapes->nodes, node, next) {
		HASH_DEL(shapes->nodes, node);
		node_free(node);
	}
	free(shapes);
}

/* The child with this pc, or NULL. */
static struct node *child_of(struct stack_shapes *shapes, struct node *parent, uint64_t pc)
{
	const struct node_key key = {parent, pc};
	struct node *child = parent->last_child;
	if (child && child->key.pc == pc)
		return child;
	HASH_FIND(hh, shapes->nodes, &key, sizeof(key), child);
	if (child)
		parent->last_child = child;
	return child;
}

static bool has_shape(const struct stack_start *start)
{
	const struct stack_bounds *bounds = &start->goroutine;
	return !start->regs && !start->saved_in_syscall && !start->problem && start->saved_pc &&
	       start->saved_sp >= bounds->low && start->saved_sp < bounds->high;
}

static struct stack_shape *find_shape(
	struct stack_shapes *shapes, struct unwinding *u, const struct stack_start *start)
{
	uint64_t left = start->goroutine.high - start->saved_sp, pc;
	struct node *at = child_of(shapes, &shapes->root, start->saved_pc);
	while (at && !at->shape) {
		uint64_t offset = at->return_offset;
		if (left < sizeof(pc) || offset > left - sizeof(pc))
			return NULL;
		struct error *err = stack_window_read(
			&u->window, u->program->target, start->saved_sp + offset, &pc, sizeof(pc));
		error_destroy(err);
		if (err)
			return NULL;
		at = child_of(shapes, at, pc);
	}
	struct stack_shape *shape = at ? at->shape : NULL;
	return shape && shape->size <= left ? shape : NULL;
}

bool stack_shape_apply(
	struct stack_shapes *shapes, struct unwinding *u, const struct stack_start *start)
{
	struct stack_shape *shape = has_shape(start) ? find_shape(shapes, u, start) : NULL;
	struct stack *stack = u->stack;
	if (!shape || !array_reserve(&stack->frames, &stack->capacity, shape->frame_count))
		return false;
	for (size_t i = 0; i < shape->frame_count; i++) {
		stack->frames[i] = shape->frames[i];
		stack->frames[i].sp += start->saved_sp;
		stack->frames[i].fp += start->saved_sp;
	}
	stack->count = shape->frame_count;
	stack->shape = shape;
	return true;
}

/* Whether all frames are complete and of ordinary code. */
static bool is_plain(struct program *program, const struct stack *stack)
{
	if (stack->problem || !stack->count || stack->count > MAX_SHAPE_FRAMES)
		return false;
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		const struct unwind_info *info = unwind_info_at(program, frame->pc, false);
		if (!info || info->role != ROLE_NORMAL || frame->stack != FRAME_GOROUTINE ||
			frame->fp < frame->sp + 8)
			return false;
	}
	return true;
}

static struct stack_shape *shape_of(const struct stack *stack)
{
	struct stack_shape *shape = calloc(1, sizeof(*shape));
	struct frame *frames = calloc(stack->count, sizeof(*frames));
	if (!shape || !frames) {
		free(shape);
		free(frames);
		return NULL;
	}
	uint64_t base = stack->frames[0].sp;
	for (size_t i = 0; i < stack->count; i++) {
		frames[i] = stack->frames[i];
		frames[i].sp -= base;
		frames[i].fp -= base;
	}
	shape->frames = frames;
	shape->frame_count = stack->count;
	shape->size = frames[stack->count - 1].fp;
	return shape;
}

/* The child for this frame, which is added if it is new; NULL without memory. */
static struct node *add_child(
	struct stack_shapes *shapes, struct node *parent, const struct frame *frame, uint64_t base)
{
	struct node *child = child_of(shapes, parent, frame->pc);
	if (child)
		return child;
	child = calloc(1, sizeof(*child));
	if (!child)
		return NULL;
	child->key = (struct node_key){parent, frame->pc};
	child->return_offset = (uint32_t)(frame->fp - 8 - base);
	HASH_ADD(hh, shapes->nodes, key, sizeof(child->key), child);
	if (child->lost) {
		free(child);
		return NULL;
	}
	parent->last_child = child;
	return child;
}

void stack_shape_learn(
	struct stack_shapes *shapes, struct unwinding *u, const struct stack_start *start)
{
	const struct stack *stack = u->stack;
	if (!has_shape(start) || shapes->frames + stack->count > MAX_FRAMES ||
		HASH_COUNT(shapes->nodes) + stack->count > MAX_NODES ||
		!is_plain(u->program, stack) || stack->frames[0].pc != start->saved_pc ||
		stack->frames[0].sp != start->saved_sp ||
		stack->frames[stack->count - 1].fp - start->saved_sp > MAX_SHAPE_BYTES)
		return;
	struct node *at = &shapes->root;
	for (size_t i = 0; at && i < stack->count; i++) {
		if (!stack->frames[i].inlined)
			at = add_child(shapes, at, &stack->frames[i], start->saved_sp);
	}
	if (!at || at->shape || at->last_child)
		return;
	at->shape = shape_of(stack);
	shapes->frames += stack->count;
}

/* Makes the addresses relative to `base`. */
static void rebase(struct stack_slots *slots, uint64_t base)
{
	for (size_t i = 0; i < slots->count; i++)
		slots->items[i].address -= base;
	for (size_t i = 0; i < slots->object_count; i++)
		slots->objects[i].start -= base;
}

struct error *stack_shape_slots(
	struct program *program, const struct stack_scan *scan, const struct stack_slots **ret)
{
	struct stack_shapes *shapes = unwind_cache_shapes(program->unwind_cache);
	struct stack_shape *shape = scan->stack->shape;
	struct stack_slots *slots = &shape->slots;
	*ret = shape->has_slots ? slots : NULL;
	if (shape->has_slots || shape->too_large)
		return NULL;
	slots->limit = MAX_SHAPE_SLOTS;
	slots->anywhere = true;
	struct error *err = stack_slots_find(program, scan, slots);
	size_t count = slots->count + slots->object_count;
	if (err || slots->partial || shapes->slots + count > MAX_SLOTS) {
		stack_slots_deinit(slots);
		shape->too_large = !err;
		return err;
	}
	rebase(slots, scan->stack->frames[0].sp);
	shapes->slots += count;
	shape->has_slots = true;
	*ret = slots;
	return NULL;
}
