/* Recognising stacks with the same frames: see stack_shape.h. */
#include "dbg/go/stacks/stack_shape.h"

#include "dbg/go/stacks/unwind_info.h"

enum {
	MAX_NODES = 1 << 16,
	MAX_FRAMES = 1 << 16, /* in all shapes together */
	MAX_SHAPE_FRAMES = 128,
	MAX_SHAPE_BYTES = 1 << 20,
};

/*
 * The shapes are the paths of a tree from the innermost frame's pc outwards. Numbers instead of
 * pointers, since the array moves; 0, the root, means none.
 */
struct node {
	uint64_t pc;
	uint32_t return_offset; /* of the return address, from the SP of the first frame */
	uint32_t first_child, next_sibling;
	struct stack_shape *shape; /* the outermost frame; NULL: there are callers */
};

struct stack_shapes {
	struct node *nodes;
	size_t count, capacity;
	size_t frames; /* in all shapes */
};

struct error *stack_shapes_create(struct stack_shapes **ret)
{
	struct stack_shapes *shapes = calloc(1, sizeof(*shapes));
	if (!shapes || !array_reserve(&shapes->nodes, &shapes->capacity, 1)) {
		free(shapes);
		return error_no_memory();
	}
	shapes->nodes[shapes->count++] = (struct node){0};
	*ret = shapes;
	return NULL;
}

static void shape_free(struct stack_shape *shape)
{
	if (!shape)
		return;
	free(shape->frames);
	stack_slots_deinit(&shape->slots);
	free(shape);
}

void stack_shapes_destroy(struct stack_shapes *shapes)
{
	if (!shapes)
		return;
	for (size_t i = 0; i < shapes->count; i++)
		shape_free(shapes->nodes[i].shape);
	free(shapes->nodes);
	free(shapes);
}

/* The child with this pc, or 0. It becomes the first one: the next stack often has it, too. */
static uint32_t child_of(struct stack_shapes *shapes, uint32_t parent, uint64_t pc)
{
	struct node *nodes = shapes->nodes;
	uint32_t before = 0, at = nodes[parent].first_child;
	for (; at && nodes[at].pc != pc; at = nodes[at].next_sibling)
		before = at;
	if (at && before) {
		nodes[before].next_sibling = nodes[at].next_sibling;
		nodes[at].next_sibling = nodes[parent].first_child;
		nodes[parent].first_child = at;
	}
	return at;
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
	uint32_t at = child_of(shapes, 0, start->saved_pc);
	while (at && !shapes->nodes[at].shape) {
		uint64_t offset = shapes->nodes[at].return_offset;
		if (left < sizeof(pc) || offset > left - sizeof(pc))
			return NULL;
		struct error *err = stack_window_read(
			&u->window, u->program->target, start->saved_sp + offset, &pc, sizeof(pc));
		error_destroy(err);
		if (err)
			return NULL;
		at = child_of(shapes, at, pc);
	}
	struct stack_shape *shape = at ? shapes->nodes[at].shape : NULL;
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
	for (size_t i = 0; i < stack->count; i++) {
		const struct unwind_info *info =
			unwind_info_at(program, stack->frames[i].pc, false);
		if (!info || info->role != ROLE_NORMAL || stack->frames[i].stack != FRAME_GOROUTINE)
			return false;
	}
	return !stack->problem && stack->count && stack->count <= MAX_SHAPE_FRAMES;
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

/* The child for this frame, which is added if it is new; 0 if there is no room. */
static uint32_t add_child(
	struct stack_shapes *shapes, uint32_t parent, const struct frame *frame, uint64_t base)
{
	uint32_t at = child_of(shapes, parent, frame->pc);
	if (at || shapes->count >= MAX_NODES ||
		!array_reserve(&shapes->nodes, &shapes->capacity, shapes->count + 1))
		return at;
	at = (uint32_t)shapes->count++;
	shapes->nodes[at] = (struct node){.pc = frame->pc,
		.return_offset = (uint32_t)(frame->fp - 8 - base),
		.next_sibling = shapes->nodes[parent].first_child};
	shapes->nodes[parent].first_child = at;
	return at;
}

void stack_shape_learn(
	struct stack_shapes *shapes, struct unwinding *u, const struct stack_start *start)
{
	const struct stack *stack = u->stack;
	if (!has_shape(start) || shapes->frames + stack->count > MAX_FRAMES ||
		!is_plain(u->program, stack) || stack->frames[0].pc != start->saved_pc ||
		stack->frames[0].sp != start->saved_sp ||
		stack->frames[stack->count - 1].fp - start->saved_sp > MAX_SHAPE_BYTES)
		return;
	uint32_t at = 0;
	for (size_t i = 0; i < stack->count; i++) {
		if (stack->frames[i].inlined)
			continue;
		at = add_child(shapes, at, &stack->frames[i], start->saved_sp);
		if (!at)
			return;
	}
	if (shapes->nodes[at].shape || shapes->nodes[at].first_child)
		return;
	shapes->nodes[at].shape = shape_of(stack);
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
	struct stack_shape *shape = scan->stack->shape;
	if (!shape->has_slots) {
		struct error *err = stack_slots_find(program, scan, &shape->slots);
		if (err) {
			stack_slots_deinit(&shape->slots);
			return err;
		}
		rebase(&shape->slots, scan->stack->frames[0].sp);
		shape->has_slots = true;
	}
	*ret = &shape->slots;
	return NULL;
}
