/* Scans memory for interface values of contexts: see context_find.h. */
#include "dbg/go/contexts/context_find_state.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/heap/pointer_words.h"
#include "dbg/go/heap/word_range.h"
#include "dbg/target/read_ahead.h"

enum {
	CHUNK = SCAN_BUFFER, /* bytes read at a time */
	RUNS = 256,	     /* read at a time; neighboring spans are one run */
	JOIN = 4 << 10,	     /* the space after the last object; stacks between spans are larger */
	MAX_REFS = 1 << 27,
};

/* ---- One range of memory ---- */

/* A stack often has the same reference several times. */
static bool is_known(struct scan *scan, struct context_key key)
{
	if (!scan->known)
		return false;
	if (!context_key_compare(&key, &scan->last_known))
		return true;
	if (context_index_find(scan->known, key) < 0)
		return false;
	scan->last_known = key;
	return true;
}

static struct error *add_ref(struct scan *scan, uint64_t location, uint64_t data,
	const struct itab *itab, struct iface_ref ref)
{
	struct iface_refs *refs = scan->refs;
	ref.location = location;
	ref.data = data;
	ref.canceler = itab->interface == scan->types->canceler;
	ref.shape = context_types_shape(scan->types, itab->type);
	/* Two itabs in a row are entries of the runtime's own table, not an interface value. */
	if (!ref.shape || !data || context_types_is_itab(scan->types, data))
		return NULL;
	if (is_known(scan, (struct context_key){data, ref.shape}))
		return NULL;
	if (refs->count >= MAX_REFS)
		return error_create(ERROR_BAD_DATA,
			"cannot list contexts: more than %d words look like contexts, the limit; "
			"the target's memory may be damaged",
			MAX_REFS);
	if (!array_reserve(&refs->items, &refs->capacity, refs->count + 1))
		return error_no_memory();
	refs->items[refs->count++] = ref;
	return NULL;
}

static struct error *add_channel(struct scan *scan, uint64_t location, bool garbage)
{
	struct iface_refs *refs = scan->refs;
	if (garbage || refs->channel_count >= MAX_REFS)
		return NULL;
	if (!array_reserve(&refs->channels, &refs->channel_capacity, refs->channel_count + 1))
		return error_no_memory();
	refs->channels[refs->channel_count++] = location;
	return NULL;
}

struct error *scan_words(struct scan *scan, uint64_t address, const uint64_t *words, size_t count,
	bool has_next, bool (*accept)(struct scan *scan, uint64_t location, struct iface_ref *ref),
	struct iface_ref ref)
{
	size_t last = has_next ? count : count - (count > 0);
	for (size_t i = 0; i < last; i++) {
		i += word_range_find(words + i, last - i, scan->low, scan->span);
		if (i >= last)
			break;
		const struct itab *itab = context_types_itab(scan->types, words[i]);
		bool channel = words[i] == scan->types->channel && ref.kind == HOLDER_HEAP;
		if (!itab && !channel)
			continue;
		struct iface_ref found = ref;
		if (accept && !accept(scan, address + 8 * i, &found))
			continue;
		struct error *err = itab ? add_ref(scan, address + 8 * i, words[i + 1], itab, found)
					 : add_channel(scan, address + 8 * i, found.garbage);
		if (err)
			return err;
	}
	return NULL;
}

struct error *scan_range(struct scan *scan, uint64_t start, uint64_t end,
	bool (*accept)(struct scan *scan, uint64_t location, struct iface_ref *ref),
	struct iface_ref ref)
{
	struct error *err = NULL;
	for (uint64_t at = start, next; !err && at < end; at = next) {
		size_t size = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
		bool more = size == CHUNK && end - at >= CHUNK + 8;
		struct memory_run run = {at, size + (more ? 8 : 0), scan->buffer, 0};
		err = target_read_runs(scan->program->target, &run, 1);
		if (err)
			break;
		next = at + size;
		if (run.done < run.size) {
			scan->refs->partial = true;
			next = target_skip_hole(scan->program->target, at + run.done);
		}
		if (ref.kind == HOLDER_GOROUTINE)
			scan->stack_bytes += run.done;
		size_t words = run.done / 8;
		bool has_next = words > size / 8;
		err = scan_words(scan, at, (const uint64_t *)(void *)scan->buffer,
			has_next ? size / 8 : words, has_next, accept, ref);
	}
	return err;
}

/* ---- Heap, globals, stacks ---- */

static bool accept_in_heap(struct scan *scan, uint64_t location, struct iface_ref *ref)
{
	struct heap_object object;
	if (!heap_object_at(scan->program, location, &object) || object.no_pointers ||
		location + 16 > object.address + object.size ||
		heap_pointer_word(scan->program, &object, location + 8) == WORD_SCALAR)
		return false;
	ref->garbage = !object.in_use;
	return true;
}

/* Iterates over the spans that can hold pointers. */
struct heap_walk {
	const struct heap_span *spans;
	size_t count, next;
	uint64_t at, end;     /* the remaining part of the current run of joined spans */
	uint64_t done, total; /* bytes */
};

/* Moves on to the next spans, if all of the current ones have been read; false at the end. */
static bool next_spans(struct heap_walk *walk)
{
	const struct heap_span *spans = walk->spans;
	if (walk->at < walk->end)
		return true;
	while (walk->next < walk->count && spans[walk->next].no_pointers)
		walk->next++;
	if (walk->next == walk->count)
		return false;
	walk->at = spans[walk->next].start;
	walk->end = spans[walk->next++].end;
	for (; walk->next < walk->count && !spans[walk->next].no_pointers &&
		spans[walk->next].start - walk->end <= JOIN && walk->end - walk->at < CHUNK;
		walk->next++)
		walk->end = spans[walk->next].end;
	return true;
}

/* Spans that are read together. */
struct heap_batch {
	struct memory_run runs[RUNS];
	size_t count, used; /* runs; bytes of the buffer */
	bool continues;	    /* the last run has one more word, since its span continues */
	_Alignas(8) uint8_t buffer[CHUNK + 8];
};

/* Fills the batch with the next spans, and starts to read them. */
static void start_batch(struct heap_walk *walk, struct read_ahead *ahead, struct heap_batch *batch)
{
	batch->count = batch->used = 0;
	batch->continues = false;
	while (batch->count < RUNS && batch->used < CHUNK && next_spans(walk)) {
		uint64_t left = walk->end - walk->at;
		size_t size = left < CHUNK - batch->used ? (size_t)left : CHUNK - batch->used;
		batch->continues = left > size;
		batch->runs[batch->count++] = (struct memory_run){walk->at,
			size + (batch->continues ? 8 : 0), batch->buffer + batch->used, 0};
		batch->used += size;
		walk->at += size;
		walk->done += size;
	}
	if (batch->count)
		read_ahead_start(ahead, batch->runs, batch->count);
}

/* `size`: without the word after the end. */
static struct error *scan_run(struct scan *scan, const struct memory_run *run, size_t size)
{
	const struct iface_ref ref = {.kind = HOLDER_HEAP};
	bool has_next = run->done > size;
	size_t words = (has_next ? size : run->done) / 8;
	struct error *err =
		scan_words(scan, run->address, run->buffer, words, has_next, accept_in_heap, ref);
	if (err || run->done == run->size)
		return err;
	/* Memory may continue after a hole. */
	scan->refs->partial = true;
	uint64_t next = target_skip_hole(scan->program->target, run->address + run->done);
	uint64_t end = run->address + size;
	return next < end ? scan_range(scan, next, end, accept_in_heap, ref) : NULL;
}

static struct error *scan_batch(struct scan *scan, const struct heap_batch *batch)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && i < batch->count; i++) {
		const struct memory_run *run = &batch->runs[i];
		bool continues = batch->continues && i == batch->count - 1;
		err = scan_run(scan, run, run->size - (continues ? 8 : 0));
	}
	return err;
}

/* Scans each batch while the next one is read in the background. */
static struct error *scan_spans(struct scan *scan, struct heap_walk *walk)
{
	static const char what[] = "scanning the heap";
	struct program *program = scan->program;
	_cleanup_free_ struct heap_batch *batches = malloc(2 * sizeof(*batches));
	_cleanup_(read_ahead_cleanup) struct read_ahead *ahead = NULL;
	struct error *err =
		batches ? read_ahead_create(program->target, &ahead) : error_no_memory();
	if (err)
		return err;
	start_batch(walk, ahead, &batches[0]);
	for (unsigned i = 0; !err && batches[i].count; i ^= 1) {
		program_progress(program, what, walk->done, walk->total + 1);
		err = read_ahead_finish(ahead);
		if (!err)
			start_batch(walk, ahead, &batches[i ^ 1]);
		if (!err)
			err = scan_batch(scan, &batches[i]);
	}
	program_progress(program, what, 1, 1);
	return err;
}

static struct error *scan_heap(struct scan *scan)
{
	struct heap_walk walk = {0};
	bool partial;
	struct error *err = program_heap(scan->program, &walk.spans, &walk.count, &partial);
	if (err)
		return err;
	scan->refs->partial |= partial;
	for (size_t i = 0; i < walk.count; i++) {
		if (!walk.spans[i].no_pointers)
			walk.total += walk.spans[i].end - walk.spans[i].start;
	}
	return scan_spans(scan, &walk);
}

static struct error *scan_globals(struct scan *scan)
{
	enum { POINTER_RANGES = 2 }; /* the other two contain no pointers */
	const struct iface_ref ref = {.kind = HOLDER_GLOBAL};
	struct error *err = NULL;
	for (size_t i = 0; !err && i < POINTER_RANGES * scan->program->module_count; i++) {
		const struct module *module = scan->program->modules[i / POINTER_RANGES];
		struct range range = module->data[i % POINTER_RANGES];
		uint64_t start = (range.address + 7) & ~7ull;
		scan->refs->partial |= module->data_damaged;
		err = scan_range(scan, start, range.address + range.size, NULL, ref);
	}
	return err;
}

static struct error *scan_memory(struct scan *scan)
{
	struct error *err = scan_heap(scan);
	return err ? err : scan_globals(scan);
}

static struct error *find_refs(struct program *program, const struct context_types *types,
	const struct context_index *known, struct error *(*find)(struct scan *scan),
	struct iface_refs *ret)
{
	*ret = (struct iface_refs){.partial = types->partial};
	size_t count = types->context_itab_count;
	struct scan scan = {.program = program,
		.types = types,
		.refs = ret,
		.known = known,
		.low = types->context_itabs[0].address,
		.span = types->context_itabs[count - 1].address - types->context_itabs[0].address,
		.buffer = malloc(CHUNK + 8)};
	if (types->channel && types->channel < scan.low) {
		scan.span += scan.low - types->channel;
		scan.low = types->channel;
	} else if (types->channel > scan.low + scan.span) {
		scan.span = types->channel - scan.low;
	}
	struct error *err = scan.buffer ? find(&scan) : error_no_memory();
	free(scan.buffer);
	if (err)
		iface_refs_deinit(ret);
	return err;
}

struct error *iface_refs_find(
	struct program *program, const struct context_types *types, struct iface_refs *ret)
{
	return find_refs(program, types, NULL, scan_memory, ret);
}

struct error *iface_refs_find_on_stacks(struct program *program, const struct context_types *types,
	const struct context_index *known, struct iface_refs *ret)
{
	return find_refs(program, types, known, scan_stacks, ret);
}

void iface_refs_deinit(struct iface_refs *refs)
{
	free(refs->items);
	free(refs->channels);
	*refs = (struct iface_refs){0};
}
