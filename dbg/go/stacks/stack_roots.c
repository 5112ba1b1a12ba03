/* Reading the live words, and following stack objects: see stack_roots.h. */
#include "dbg/go/stacks/stack_roots.h"

#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/stack_shape.h"
#include "dwarf/base/bisect.h"

enum { MAX_ROOTS = 1 << 24 }; /* of one goroutine */

struct walk {
	struct program *program;
	const struct stack_scan *scan;
	struct stack_roots *roots;
	struct stack_object *objects; /* sorted by address */
	size_t object_count;
	struct stack_window window;
};

static bool in_stack(const struct walk *walk, uint64_t address)
{
	return address >= walk->scan->bounds.low && address < walk->scan->bounds.high;
}

static struct error *add_root(struct walk *walk, uint64_t address, uint32_t frame, bool mapped)
{
	struct stack_roots *roots = walk->roots;
	uint64_t value;
	struct error *err = stack_window_read(
		&walk->window, walk->program->target, address, &value, sizeof(value));
	if (err && err->code == ERROR_FAULT) {
		error_destroy(err);
		roots->partial = true;
		return NULL;
	}
	if (err || !value)
		return err;
	if (roots->count >= MAX_ROOTS) {
		roots->partial = true;
		return NULL;
	}
	if (!array_reserve(&roots->items, &roots->capacity, roots->count + 1))
		return error_no_memory();
	roots->items[roots->count++] = (struct stack_root){address, value, frame, mapped};
	return NULL;
}

/* Adds the registers of the innermost function of running code. */
static struct error *add_registers(struct walk *walk, uint32_t frame)
{
	struct stack_roots *roots = walk->roots;
	const struct user_regs_struct *regs = walk->scan->regs;
	if (!regs)
		return NULL;
	const uint64_t values[] = {regs->rax, regs->rbx, regs->rcx, regs->rdx, regs->rsi, regs->rdi,
		regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13, regs->r15,
		regs->rbp};
	if (!array_reserve(&roots->items, &roots->capacity, roots->count + array_length(values)))
		return error_no_memory();
	for (size_t i = 0; i < array_length(values); i++)
		roots->items[roots->count++] =
			(struct stack_root){.value = values[i], .frame = frame};
	return NULL;
}

/* The object that `value` points into, unless it has been scanned. Objects do not overlap. */
static struct stack_object *object_at(struct walk *walk, uint64_t value)
{
	size_t next = bisect(i, walk->object_count, walk->objects[i].start > value);
	struct stack_object *object = next ? &walk->objects[next - 1] : NULL;
	return object && !object->scanned && value - object->start < object->size ? object : NULL;
}

/* The physical frame with this SP; the outermost if there is none. */
static uint32_t frame_with_sp(const struct stack *stack, uint64_t sp)
{
	uint32_t found = 0;
	for (size_t i = 0; i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		if (frame->inlined || frame->stack != FRAME_GOROUTINE)
			continue;
		found = (uint32_t)i;
		if (frame->sp == sp)
			break;
	}
	return found;
}

static struct error *add_extra(struct walk *walk)
{
	const struct stack_scan *scan = walk->scan;
	struct stack_roots *roots = walk->roots;
	if (!scan->stack->count) { /* there is no frame to which they could belong */
		roots->partial |= scan->extra_count > 0;
		return NULL;
	}
	if (!array_reserve(&roots->items, &roots->capacity, roots->count + scan->extra_count + 1))
		return error_no_memory();
	for (size_t i = 0; i < scan->extra_count; i++)
		roots->items[roots->count++] = (struct stack_root){scan->extra[i].address,
			scan->extra[i].value, frame_with_sp(scan->stack, scan->extra[i].sp), true};
	return NULL;
}

/*
 * A stack object that a root points to is live: adds all its words as roots, until no new object is
 * found.
 */
static struct error *follow_objects(struct walk *walk)
{
	struct error *err = NULL;
	for (size_t next = 0; !err && next < walk->roots->count; next++) {
		uint64_t value = walk->roots->items[next].value;
		struct stack_object *object = in_stack(walk, value) ? object_at(walk, value) : NULL;
		if (!object)
			continue;
		object->scanned = true;
		for (uint64_t at = (object->start + 7) & ~7ull;
			!err && at + 8 <= object->start + object->size && in_stack(walk, at);
			at += 8)
			err = add_root(walk, at, object->frame, false);
	}
	return err;
}

/* Makes a copy of the objects, in which those that have been scanned are marked. */
static struct error *copy_objects(struct walk *walk, const struct stack_slots *slots, uint64_t base)
{
	walk->object_count = slots->object_count;
	if (!slots->object_count)
		return NULL;
	walk->objects = calloc(slots->object_count, sizeof(*walk->objects));
	if (!walk->objects)
		return error_no_memory();
	for (size_t i = 0; i < slots->object_count; i++) {
		walk->objects[i] = slots->objects[i];
		walk->objects[i].start += base;
	}
	return NULL;
}

/* Adds the words in the slots, whose addresses are relative to `base`. */
static struct error *add_slots(struct walk *walk, const struct stack_slots *slots, uint64_t base)
{
	struct error *err = slots->running ? add_registers(walk, slots->innermost) : NULL;
	walk->roots->partial |= slots->partial;
	for (size_t i = 0; !err && i < slots->count; i++) {
		const struct stack_slot *slot = &slots->items[i];
		if (!slot->mapped || in_stack(walk, base + slot->address))
			err = add_root(walk, base + slot->address, slot->frame, slot->mapped);
	}
	return err;
}

static struct error *find_in_slots(
	struct walk *walk, const struct stack_slots *slots, uint64_t base)
{
	struct error *err = add_slots(walk, slots, base);
	if (!err)
		err = add_extra(walk);
	if (!err)
		err = copy_objects(walk, slots, base);
	if (!err)
		err = follow_objects(walk);
	free(walk->objects);
	return err;
}

struct error *stack_roots_find(
	struct program *program, const struct stack_scan *scan, struct stack_roots *ret)
{
	ret->count = 0;
	ret->partial = false;
	struct walk walk;
	walk.program = program;
	walk.scan = scan;
	walk.roots = ret;
	walk.objects = NULL;
	walk.object_count = 0;
	stack_window_init(&walk.window, scan->bounds);
	const struct stack_slots *of_shape = NULL;
	struct stack_slots slots = {.limit = STACK_SLOTS_LIMIT};
	struct error *err = NULL;
	if (scan->stack->shape && !scan->running)
		err = stack_shape_slots(program, scan, &of_shape);
	if (err || of_shape)
		return err ? err : find_in_slots(&walk, of_shape, scan->stack->frames[0].sp);
	err = stack_slots_find(program, scan, &slots);
	if (!err)
		err = find_in_slots(&walk, &slots, 0);
	stack_slots_deinit(&slots);
	return err;
}
