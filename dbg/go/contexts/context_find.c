/* Scans memory for interface values of contexts: see context_find.h. */
#include "dbg/go/contexts/context_find_state.h"
#include "dbg/go/program/program_state.h"
#include "dbg/go/heap/pointer_words.h"
#include "dbg/go/heap/word_range.h"
#include "dbg/target/read_ahead.h"

enum {
	CHUNK = SCAN_BUFFER, /* bytes read at a time */
	JOIN = 64 << 10,     /* spans closer than this are read together */
	MAX_REFS = 1 << 27,
};

/* ---- One range of memory ---- */

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
	if (scan->known &&
		context_index_find(scan->known, (struct context_key){data, ref.shape}) >= 0)
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

/* Iterates over the spans that can hold pointers, piece by piece. */
struct heap_walk {
	const struct heap_span *spans;
	size_t count, next;
	uint64_t at, end;     /* the remaining part of the current run of joined spans */
	uint64_t done, total; /* bytes */
};

/* The next piece of at most CHUNK bytes, plus one word if the run continues; false at the end. */
static bool next_piece(struct heap_walk *walk, uint8_t *buffer, struct memory_run *ret)
{
	const struct heap_span *spans = walk->spans;
	while (walk->at >= walk->end) {
		while (walk->next < walk->count && spans[walk->next].no_pointers)
			walk->next++;
		if (walk->next == walk->count)
			return false;
		walk->at = spans[walk->next].start;
		walk->end = spans[walk->next++].end;
		for (; walk->next < walk->count && spans[walk->next].start - walk->end <= JOIN &&
			walk->end - walk->at < CHUNK;
			walk->next++) {
			if (!spans[walk->next].no_pointers)
				walk->end = spans[walk->next].end;
		}
	}
	uint64_t left = walk->end - walk->at;
	size_t size = left < CHUNK ? (size_t)left : CHUNK;
	*ret = (struct memory_run){walk->at, size + (left >= CHUNK + 8 ? 8 : 0), buffer, 0};
	walk->at += size;
	walk->done += size;
	return true;
}

static struct error *scan_piece(struct scan *scan, const struct memory_run *run)
{
	const struct iface_ref ref = {.kind = HOLDER_HEAP};
	bool has_next = run->done > CHUNK;
	size_t words = has_next ? CHUNK / 8 : run->done / 8;
	struct error *err =
		scan_words(scan, run->address, run->buffer, words, has_next, accept_in_heap, ref);
	if (err || run->done == run->size)
		return err;
	/* Memory may continue after a hole. */
	scan->refs->partial = true;
	uint64_t next = target_skip_hole(scan->program->target, run->address + run->done);
	uint64_t end = run->address + (run->size < CHUNK ? run->size : CHUNK);
	return next < end ? scan_range(scan, next, end, accept_in_heap, ref) : NULL;
}

/* Scans each piece while the next one is read in the background. */
static struct error *scan_pieces(struct scan *scan, struct heap_walk *walk)
{
	static const char what[] = "scanning the heap";
	enum { BUFFER = CHUNK + 8 };
	struct program *program = scan->program;
	_cleanup_free_ uint8_t *buffers = malloc(2 * BUFFER);
	_cleanup_(read_ahead_cleanup) struct read_ahead *ahead = NULL;
	struct memory_run pieces[2];
	struct error *err =
		buffers ? read_ahead_create(program->target, &ahead) : error_no_memory();
	if (err)
		return err;
	bool more = next_piece(walk, buffers, &pieces[0]);
	if (more)
		read_ahead_start(ahead, &pieces[0], 1);
	for (unsigned i = 0; !err && more; i ^= 1) {
		program_progress(program, what, walk->done, walk->total + 1);
		err = read_ahead_finish(ahead);
		more = !err && next_piece(walk, buffers + (i ^ 1) * BUFFER, &pieces[i ^ 1]);
		if (more)
			read_ahead_start(ahead, &pieces[i ^ 1], 1);
		if (!err)
			err = scan_piece(scan, &pieces[i]);
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
	return scan_pieces(scan, &walk);
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
