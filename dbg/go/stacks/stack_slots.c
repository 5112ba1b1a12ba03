/* Applying pointer maps: see stack_slots.h. */
#include "dbg/go/stacks/stack_slots.h"

#include <ucontext.h>

#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/unwind_info.h"

enum {
	MAX_MAP_BITS = 1 << 20, /* words of one frame */
	MAX_OBJECTS = 1 << 16,	/* stack objects of one function */
};

struct search {
	struct program *program;
	const struct stack_scan *scan;
	struct stack_slots *slots;
};

static bool in_stack(const struct stack_scan *scan, uint64_t address)
{
	return address >= scan->bounds.low && address < scan->bounds.high;
}

static bool is_wanted(const struct search *search, uint64_t address)
{
	return search->slots->anywhere || in_stack(search->scan, address);
}

static struct error *add_slot(struct search *search, uint64_t address, uint32_t frame, bool mapped)
{
	struct stack_slots *slots = search->slots;
	if (slots->count >= slots->limit) {
		slots->partial = true;
		return NULL;
	}
	if (!array_reserve(&slots->items, &slots->capacity, slots->count + 1))
		return error_no_memory();
	slots->items[slots->count++] = (struct stack_slot){address, frame, mapped};
	return NULL;
}

/* Adds all words from `start` to `end`; any of them may be a pointer. */
static struct error *add_all(struct search *search, uint64_t start, uint64_t end, uint32_t frame)
{
	struct error *err = NULL;
	for (uint64_t at = (start + 7) & ~7ull;
		!err && at < end && end - at >= 8 && !search->slots->partial; at += 8)
		err = add_slot(search, at, frame, false);
	return err;
}

/*
 * runtime/symtab.go stackmap: the number of bitmaps, the bits in each, then the bitmaps. Bit i of
 * bitmap `index` is for the word at base + 8 i.
 */
static struct error *add_mapped(struct search *search, const struct module_function *at,
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
	for (uint64_t i = 0; !err && i < count && !search->slots->partial; i++) {
		if (bits.data[i / 8] >> (i % 8) & 1 && is_wanted(search, base + 8 * i))
			err = add_slot(search, base + 8 * i, frame, true);
	}
	return err;
}

/* runtime/stack.go stackObjectRecord: off and size are the first fields in all releases. */
static struct error *add_objects(struct search *search, const struct module_function *at,
	const struct frame *frame, uint64_t varp, uint32_t number)
{
	enum { RECORD = 16 };
	struct stack_slots *slots = search->slots;
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
		if (start < frame->sp || record[1] <= 0 || !is_wanted(search, start))
			continue;
		if (slots->object_count >= slots->limit) {
			slots->partial = true;
			break;
		}
		if (!array_reserve(
			    &slots->objects, &slots->object_capacity, slots->object_count + 1))
			return error_no_memory();
		slots->objects[slots->object_count++] =
			(struct stack_object){start, (uint64_t)record[1], number, false};
	}
	return NULL;
}

static struct error *add_frame(
	struct search *search, const struct frame *frame, uint32_t number, bool conservative)
{
	struct module_function at;
	if (!program_function_at(search->program, frame->pc - 1, &at))
		return NULL;
	const struct pclntab *table = &at.module->pclntab;
	uint64_t varp = frame->fp - 8; /* below the return address, and the saved rbp if any */
	if (varp > frame->sp)
		varp -= 8;
	struct error *err = add_objects(search, &at, frame, varp, number);
	if (err)
		return err;
	if (conservative) {
		uint64_t high = search->scan->bounds.high;
		uint64_t args_end = frame->fp + pclntab_args_size(table, &at.function);
		err = add_all(search, frame->sp, varp, number);
		return err ? err
			   : add_all(search, frame->fp, args_end < high ? args_end : high, number);
	}
	int32_t index;
	if (!pclntab_pcdata(table, &at.function, PCDATA_STACK_MAP_INDEX,
		    (uint32_t)(frame->pc - at.module->text - 1), &index) ||
		index == -1)
		index = 0; /* in the prologue: the map of the entry */
	if (varp > frame->sp)
		err = add_mapped(
			search, &at, FUNCDATA_LOCALS_POINTER_MAPS, index, varp, true, number);
	if (!err)
		err = add_mapped(
			search, &at, FUNCDATA_ARGS_POINTER_MAPS, index, frame->fp, false, number);
	return err;
}

static int by_start(const void *a, const void *b)
{
	const struct stack_object *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

struct error *stack_slots_find(
	struct program *program, const struct stack_scan *scan, struct stack_slots *ret)
{
	struct search search = {program, scan, ret};
	bool running = scan->running, conservative = running;
	struct error *err = NULL;
	for (size_t i = 0; !err && i < scan->stack->count; i++) {
		const struct frame *frame = &scan->stack->frames[i];
		const struct unwind_info *info = unwind_info_at(program, frame->pc, false);
		if (running && frame->stack == FRAME_SIGNAL && info && info->role == ROLE_SIGTRAMP)
			/* The registers of the interrupted code are in the ucontext. */
			err = add_all(
				&search, frame->fp, frame->fp + sizeof(ucontext_t), (uint32_t)i);
		if (frame->inlined || frame->stack != FRAME_GOROUTINE || !in_stack(scan, frame->sp))
			continue;
		bool injected = info && (info->role == ROLE_ASYNC_PREEMPT ||
						info->role == ROLE_DEBUG_CALL ||
						info->role == ROLE_SIGPANIC);
		if (running) {
			ret->running = true;
			ret->innermost = (uint32_t)i;
			running = false;
		}
		if (!err)
			err = add_frame(&search, frame, (uint32_t)i, conservative || injected);
		conservative = injected; /* the next frame was interrupted */
	}
	if (ret->object_count)
		qsort(ret->objects, ret->object_count, sizeof(*ret->objects), by_start);
	return err;
}

void stack_slots_deinit(struct stack_slots *slots)
{
	free(slots->items);
	free(slots->objects);
	*slots = (struct stack_slots){0};
}
