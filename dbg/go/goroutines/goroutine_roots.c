/*
 * The roots of a goroutine: see goroutine_stack.h.
 *
 * Sources: runtime/runtime2.go (g, gobuf, _defer, _panic), runtime/panic.go (deferrangefunc),
 * runtime/mgcmark.go (scanstack), releases 1.19 to 1.27.
 */
#include "dbg/go/goroutines/goroutine_cache.h"
#include "dbg/go/goroutines/goroutine_stack.h"

#include "dbg/go/program/program_state.h"

enum {
	MAX_RECORDS = 1 << 16, /* deferred calls and panics of one goroutine */
	MAX_RECORD = 256,      /* bytes */
	MIN_POINTER = 4096,    /* lower ones mark the end of a list (runtime/panic.go badDefer) */
};

struct extras {
	struct program *program;
	struct stack_extra *items;
	size_t count, capacity;
	size_t records;
	bool partial;
};

static struct error *add(struct extras *extras, uint64_t address, uint64_t value, uint64_t sp)
{
	if (value < MIN_POINTER)
		return NULL;
	if (!array_reserve(&extras->items, &extras->capacity, extras->count + 1))
		return error_no_memory();
	extras->items[extras->count++] = (struct stack_extra){address, value, sp};
	return NULL;
}

/* A local copy of a g. */
struct g_copy {
	uint64_t address;
	size_t size;
	uint8_t bytes[MAX_G_SIZE];
};

/* Adds the pointer in `field` of the g, if the release has it. */
static struct error *add_field(struct extras *extras, const struct g_copy *g, struct field field)
{
	uint64_t value = object_field(g->bytes, g->size, field);
	return add(extras, g->address + field.offset, value, 0);
}

/* Reads a record; false if it cannot be read, or if the list is endless. */
static bool read_record(
	struct extras *extras, uint64_t address, struct field size, uint8_t record[MAX_RECORD])
{
	bool ok = field_present(size) && size.size <= MAX_RECORD && extras->records++ < MAX_RECORDS;
	struct error *err =
		ok ? target_read(extras->program->target, address, record, size.size) : NULL;
	error_destroy(err);
	extras->partial |= err || !ok;
	return ok && !err;
}

/*
 * Adds the functions of deferred calls. The list crosses from the stack to the heap and back, so it
 * cannot be left to the pointers on the stack. A record of a loop over a function has a list of its
 * own, whose records have none.
 */
static struct error *add_defers(struct extras *extras, uint64_t first, bool nested)
{
	const struct runtime_layout *layout = &extras->program->layout;
	size_t size = layout->defer.size.size;
	struct error *err = NULL;
	for (uint64_t at = first; !err && at >= MIN_POINTER;) {
		uint8_t record[MAX_RECORD];
		if (!read_record(extras, at, layout->defer.size, record))
			break;
		err = add(extras, at + layout->defer.fn.offset,
			object_field(record, size, layout->defer.fn),
			object_field(record, size, layout->defer.sp));
		uint64_t head = object_field(record, size, layout->defer.head), list = 0;
		if (!err && head && !nested) {
			error_destroy(target_read_u64(extras->program->target, head, &list));
			err = add_defers(extras, list, true);
		}
		at = object_field(record, size, layout->defer.link);
	}
	return err;
}

static struct error *add_panics(struct extras *extras, uint64_t first)
{
	const struct runtime_layout *layout = &extras->program->layout;
	size_t size = layout->panic.size.size;
	struct error *err = NULL;
	for (uint64_t at = first; !err && at >= MIN_POINTER;) {
		enum { DATA = 8 }; /* of the argument, an interface value */
		uint8_t record[MAX_RECORD];
		if (!read_record(extras, at, layout->panic.size, record))
			break;
		struct field data = {layout->panic.arg.offset + DATA, DATA};
		err = add(extras, at + data.offset, object_field(record, size, data), 0);
		at = object_field(record, size, layout->panic.link);
	}
	return err;
}

static struct error *collect(struct extras *extras, const struct goroutine *goroutine)
{
	struct program *program = extras->program;
	const struct runtime_layout *layout = &program->layout;
	struct g_copy g;
	g.address = goroutine->address;
	g.size = layout->g.size.size;
	struct error *err = target_read(program->target, g.address, g.bytes, g.size);
	if (err) {
		extras->partial = true;
		return error_ignore_fault(err);
	}
	/* Both lists can begin on the stack: their own records are live, too. */
	const struct field fields[] = {layout->g.defer, layout->g.panic, layout->g.sched_ctxt,
		layout->g.param, layout->g.coroarg};
	for (size_t i = 0; !err && i < array_length(fields); i++)
		err = add_field(extras, &g, fields[i]);
	if (!err)
		err = add_defers(extras, object_field(g.bytes, g.size, layout->g.defer), false);
	if (!err)
		err = add_panics(extras, object_field(g.bytes, g.size, layout->g.panic));
	return err;
}

struct error *goroutine_stack_roots(struct program *program, const struct goroutine *goroutine,
	const struct stack *stack, struct stack_roots *ret)
{
	struct stack_scan scan = {
		.stack = stack,
		.bounds = {goroutine->stack_low, goroutine->stack_high},
		.running = goroutine->tid && !goroutine->syscall_sp,
	};
	const struct thread *thread = NULL;
	struct extras extras = {.program = program};
	struct error *err = scan.running ? goroutine_thread(program, goroutine, &thread) : NULL;
	if (thread && thread->regs_valid)
		scan.regs = &thread->regs;
	if (!err && goroutine->has_roots)
		err = collect(&extras, goroutine);
	scan.extra = extras.items;
	scan.extra_count = extras.count;
	if (!err)
		err = stack_roots_find(program, &scan, ret);
	ret->partial |= !err && extras.partial;
	free(extras.items);
	return err;
}
