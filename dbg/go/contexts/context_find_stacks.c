/* Scans stacks for interface values of contexts: see context_find_state.h. */
#include "dbg/go/contexts/context_find_state.h"

#include "dbg/go/program/program_state.h"
#include "dbg/target/read_ahead.h"

enum {
	STACKS = 1024,	   /* goroutines' stacks read at a time */
	STACK_PART = 4096, /* bytes of each; the rest of deeper ones is read separately */
	STACK_GAP = 4096,  /* stacks closer than this are read together */
};

/* No stack is larger (runtime.maxstackceiling is 2 GB). Without these limits, damaged bounds could
 * make each stack cover all memory. */
static const uint64_t MAX_STACK = 1ull << 31, MAX_STACK_BYTES = 1ull << 36;

/* The lowest address in use of the goroutine's stack. */
static uint64_t stack_start(struct program *program, const struct goroutine *goroutine)
{
	uint64_t sp = goroutine->syscall_sp ? goroutine->syscall_sp : goroutine->sched_sp;
	const struct thread *threads;
	size_t count;
	if (goroutine->tid && !goroutine->syscall_sp) {
		sp = goroutine->stack_low; /* running: without registers, take the whole stack */
		struct error *err = target_threads(program->target, &threads, &count);
		error_destroy(err);
		for (size_t i = 0; !err && i < count; i++) {
			if (threads[i].tid == goroutine->tid && threads[i].regs_valid &&
				threads[i].regs.rsp >= goroutine->stack_low &&
				threads[i].regs.rsp < goroutine->stack_high)
				sp = threads[i].regs.rsp;
		}
	}
	if (sp < goroutine->stack_low || sp > goroutine->stack_high)
		sp = goroutine->stack_low;
	if (goroutine->stack_high - sp > MAX_STACK)
		sp = goroutine->stack_high; /* damaged bounds */
	return (sp + 7) & ~7ull;
}

/* The used part of a stack, at most STACK_PART bytes of it, and where in the buffer it is. */
struct stack_part {
	const struct goroutine *goroutine;
	uint64_t start;
	size_t size, offset;
	size_t run; /* the run that reads it */
};

struct stack_batch {
	struct stack_part parts[STACKS];
	struct memory_run runs[STACKS];
	size_t part_count, run_count;
	size_t used; /* bytes of the buffer */
	_Alignas(8) uint8_t buffer[SCAN_BUFFER];
};

/* Adds the stack to the batch: to the last run, if the gap costs less than another read. False if
 * the batch is full. */
static bool add_part(
	struct program *program, struct stack_batch *batch, const struct goroutine *goroutine)
{
	uint64_t start = stack_start(program, goroutine);
	uint64_t size = goroutine->stack_high > start ? goroutine->stack_high - start : 0;
	struct memory_run *last = batch->run_count ? &batch->runs[batch->run_count - 1] : NULL;
	uint64_t gap = last ? start - last->address - last->size : UINT64_MAX;
	bool joins = gap <= STACK_GAP;
	size_t part = (size < STACK_PART ? (size_t)size : STACK_PART) & ~(size_t)7;
	size_t added = part + (joins ? (size_t)gap : 0);
	if (batch->part_count == STACKS || batch->used + added > SCAN_BUFFER)
		return false;
	if (joins)
		last->size += added;
	else
		batch->runs[batch->run_count++] =
			(struct memory_run){start, part, batch->buffer + batch->used, 0};
	batch->used += added;
	batch->parts[batch->part_count++] = (struct stack_part){
		goroutine, start, part, batch->used - part, batch->run_count - 1};
	return true;
}

/* Fills the batch with stacks from number *next on, and starts to read them. */
static void start_batch(struct scan *scan, struct read_ahead *ahead, struct stack_batch *batch,
	const struct goroutine *const *sorted, size_t count, size_t *next)
{
	batch->part_count = batch->run_count = batch->used = 0;
	while (*next < count && add_part(scan->program, batch, sorted[*next]))
		++*next;
	if (batch->run_count)
		read_ahead_start(ahead, batch->runs, batch->run_count);
}

/* A run that is incomplete may lack what is between two stacks: then each is read alone. */
static struct error *read_part(
	struct scan *scan, struct stack_batch *batch, const struct stack_part *part)
{
	const struct memory_run *run = &batch->runs[part->run];
	if (run->done == run->size)
		return NULL;
	struct memory_run alone = {part->start, part->size, batch->buffer + part->offset, 0};
	struct error *err = target_read_runs(scan->program->target, &alone, 1);
	scan->refs->partial |= alone.done < alone.size;
	if (!err)
		memset(batch->buffer + part->offset + alone.done, 0, part->size - alone.done);
	return err;
}

static struct error *scan_batch(struct scan *scan, struct stack_batch *batch)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < batch->part_count; i++) {
		const struct stack_part *part = &batch->parts[i];
		const struct iface_ref ref = {
			.kind = HOLDER_GOROUTINE, .goroutine = part->goroutine};
		bool deep = part->size == STACK_PART;
		err = read_part(scan, batch, part);
		if (!err)
			err = scan_words(scan, part->start,
				(const uint64_t *)(const void *)(batch->buffer + part->offset),
				part->size / 8, false, NULL, ref);
		scan->refs->partial |= deep && scan->stack_bytes > MAX_STACK_BYTES;
		if (!err && deep && scan->stack_bytes <= MAX_STACK_BYTES)
			err = scan_range(scan, part->start + STACK_PART - 8,
				part->goroutine->stack_high, NULL, ref);
	}
	return err;
}

/* Scans each batch while the next one is read in the background. */
struct error *scan_stacks(struct scan *scan)
{
	static const char what[] = "scanning stacks";
	const struct goroutine *const *sorted;
	size_t count, next = 0;
	_cleanup_free_ struct stack_batch *batches = calloc(2, sizeof(*batches));
	_cleanup_(read_ahead_cleanup) struct read_ahead *ahead = NULL;
	struct error *err = program_goroutines_by_stack(scan->program, &sorted, &count);
	if (!err)
		err = batches ? read_ahead_create(scan->program->target, &ahead)
			      : error_no_memory();
	if (err)
		return err;
	start_batch(scan, ahead, &batches[0], sorted, count, &next);
	for (unsigned i = 0; !err && batches[i].part_count; i ^= 1) {
		program_progress(scan->program, what, next, count + 1);
		err = read_ahead_finish(ahead);
		if (!err)
			start_batch(scan, ahead, &batches[i ^ 1], sorted, count, &next);
		if (!err)
			err = scan_batch(scan, &batches[i]);
	}
	program_progress(scan->program, what, 1, 1);
	return err;
}
