/* Applying pointer maps and following stack objects: see stack_roots.h. */
#include "dbg/go/stacks/stack_roots.h"

#include <ucontext.h>

#include "dbg/go/stacks/unwind_info.h"
#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum {
	MAX_MAP_BITS = 1 << 20, /* words of one frame */
	MAX_OBJECTS = 1 << 16,	/* stack objects of one function */
	MAX_ROOTS = 1 << 24,	/* of one goroutine */
};

struct stack_object {
	uint64_t start, size;
	uint32_t frame;
	bool scanned;
};

struct walk {
	struct program *program;
	const struct stack_scan *scan;
	struct stack_roots *roots;
	struct stack_object *objects;
	size_t object_count, object_capacity;
};

static struct error *add_root(struct walk *walk, uint64_t address, uint32_t frame, bool mapped)
{
	struct stack_roots *roots = walk->roots;
	uint64_t value;
	struct error *err = target_read_u64(walk->program->target, address, &value);
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

/* Adds all words from `start` to `end` as roots; any of them may be a pointer. */
static struct error *add_all(struct walk *walk, uint64_t start, uint64_t end, uint32_t frame)
{
	struct error *err = NULL;
	if (end > walk->scan->bounds.high)
		end = walk->scan->bounds.high;
	for (uint64_t at = (start + 7) & ~7ull; !err && at < end && end - at >= 8; at += 8)
		err = add_root(walk, at, frame, false);
	return err;
}

static bool in_stack(const struct walk *walk, uint64_t address)
{
	return address >= walk->scan->bounds.low && address < walk->scan->bounds.high;
}

/*
 * runtime/symtab.go stackmap: the number of bitmaps, the bits in each, then the bitmaps. Bit i of
 * bitmap `index` is for the word at base + 8 i.
 */
static struct error *add_mapped(struct walk *walk, const struct module_function *at,
	enum func_data kind, int32_t index, uint64_t frame_end, bool from_end, uint32_t frame)
{
	struct bytes map, bits;
	int32_t head[2];
	if (!pclntab_funcdata(&at->module->pclntab, &at->function, kind, &map) ||
		!bytes_copy(map, 0, head, sizeof(head)) || index < 0 || index >= head[0] ||
		head[1] <= 0 || head[1] > MAX_MAP_BITS)
		return NULL;
	uint64_t count = (uint64_t)head[1], bytes = (count + 7) / 8;
	if (!bytes_slice(map, sizeof(head) + (uint64_t)index * bytes, bytes, &bits))
		return NULL;
	uint64_t base = from_end ? frame_end - 8 * count : frame_end;
	struct error *err = NULL;
	for (uint64_t i = 0; !err && i < count; i++) {
		if (bits.data[i / 8] >> (i % 8) & 1 && in_stack(walk, base + 8 * i))
			err = add_root(walk, base + 8 * i, frame, true);
	}
	return err;
}

/* runtime/stack.go stackObjectRecord: off and size are the first fields in all releases. */
static struct error *add_objects(struct walk *walk, const struct module_function *at,
	const struct frame *frame, uint64_t varp, uint32_t number)
{
	enum { RECORD = 16 };
	struct bytes table;
	uint64_t count;
	if (!pclntab_funcdata(
		    &at->module->pclntab, &at->function, FUNCDATA_STACK_OBJECTS, &table) ||
		!bytes_copy(table, 0, &count, sizeof(count)) || count > MAX_OBJECTS)
		return NULL;
	for (uint64_t i = 0; i < count; i++) {
		int32_t record[2];
		if (!bytes_copy(table, 8 + RECORD * i, record, sizeof(record)))
			break;
		uint64_t start = (record[0] < 0 ? varp : frame->fp) + (uint64_t)(int64_t)record[0];
		if (start < frame->sp || record[1] <= 0 || !in_stack(walk, start))
			continue;
		if (!array_reserve(&walk->objects, &walk->object_capacity, walk->object_count + 1))
			return error_no_memory();
		walk->objects[walk->object_count++] =
			(struct stack_object){start, (uint64_t)record[1], number, false};
	}
	return NULL;
}

static struct error *add_frame(
	struct walk *walk, const struct frame *frame, uint32_t number, bool conservative)
{
	struct module_function at;
	if (!program_function_at(walk->program, frame->pc - 1, &at))
		return NULL;
	const struct pclntab *table = &at.module->pclntab;
	uint64_t varp = frame->fp - 8; /* below the return address, and the saved rbp if any */
	if (varp > frame->sp)
		varp -= 8;
	struct error *err = add_objects(walk, &at, frame, varp, number);
	if (err)
		return err;
	if (conservative) {
		uint32_t args = pclntab_args_size(table, &at.function);
		err = add_all(walk, frame->sp, varp, number);
		return err ? err : add_all(walk, frame->fp, frame->fp + args, number);
	}
	int32_t index;
	if (!pclntab_pcdata(table, &at.function, PCDATA_STACK_MAP_INDEX,
		    (uint32_t)(frame->pc - at.module->text - 1), &index) ||
		index == -1)
		index = 0; /* in the prologue: the map of the entry */
	if (varp > frame->sp)
		err = add_mapped(
			walk, &at, FUNCDATA_LOCALS_POINTER_MAPS, index, varp, true, number);
	if (!err)
		err = add_mapped(
			walk, &at, FUNCDATA_ARGS_POINTER_MAPS, index, frame->fp, false, number);
	return err;
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

static struct error *add_frames(struct walk *walk)
{
	const struct stack *stack = walk->scan->stack;
	bool running = walk->scan->running;
	bool conservative = running;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < stack->count; i++) {
		const struct frame *frame = &stack->frames[i];
		const struct unwind_info *info = unwind_info_at(walk->program, frame->pc, false);
		if (running && frame->stack == FRAME_SIGNAL && info && info->role == ROLE_SIGTRAMP)
			/* The registers of the interrupted code are in the ucontext. */
			err = add_all(walk, frame->fp, frame->fp + sizeof(ucontext_t), (uint32_t)i);
		if (frame->inlined || frame->stack != FRAME_GOROUTINE || !in_stack(walk, frame->sp))
			continue;
		bool injected = info && (info->role == ROLE_ASYNC_PREEMPT ||
						info->role == ROLE_DEBUG_CALL ||
						info->role == ROLE_SIGPANIC);
		if (conservative && running) {
			err = add_registers(walk, (uint32_t)i);
			running = false;
		}
		if (!err)
			err = add_frame(walk, frame, (uint32_t)i, conservative || injected);
		conservative = injected; /* the next frame was interrupted */
	}
	return err;
}

static int by_start(const void *a, const void *b)
{
	const struct stack_object *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
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
	if (walk->object_count)
		qsort(walk->objects, walk->object_count, sizeof(*walk->objects), by_start);
	for (size_t next = 0; !err && next < walk->roots->count; next++) {
		uint64_t value = walk->roots->items[next].value;
		struct stack_object *object = in_stack(walk, value) ? object_at(walk, value) : NULL;
		if (!object)
			continue;
		object->scanned = true;
		err = add_all(walk, object->start, object->start + object->size, object->frame);
	}
	return err;
}

struct error *stack_roots_find(
	struct program *program, const struct stack_scan *scan, struct stack_roots *ret)
{
	ret->count = 0;
	ret->partial = false;
	struct walk walk = {.program = program, .scan = scan, .roots = ret};
	struct error *err = add_frames(&walk);
	if (!err)
		err = add_extra(&walk);
	if (!err)
		err = follow_objects(&walk);
	free(walk.objects);
	return err;
}
