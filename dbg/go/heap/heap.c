/* Reading mheap's spans, and finding objects in them: see heap.h. */
#include "dbg/go/heap/heap.h"

#include "dbg/go/program/program_state.h"
#include "dwarf/base/bisect.h"

enum {
	RUNTIME_PAGE = 8192,	 /* runtime/sizeclasses.go _PageSize; in all releases */
	MAX_BITMAP_OBJECT = 512, /* minSizeForMallocHeader, 64 words; since 1.22 */
	SPAN_IN_USE = 1,	 /* mheap.go mSpanInUse: holds objects, not stacks */
	MAX_SPAN_RECORD = 512,
	MAX_OBJECTS = 1 << 20, /* in one span; the runtime's own limit is 1024 in 8 KiB */
	BATCH = 1 << 14,       /* spans read at a time, to bound the cache */
};

static const uint64_t MAX_SPANS = 1ull << 26; /* 512 GiB of the smallest */
static const uint64_t MAX_SPAN_BYTES = 1ull << 40;

struct heap {
	struct heap_span *spans;
	size_t count, capacity;
	size_t last; /* the number of the span found last: the next address is often near */
	bool partial;
};

void heap_destroy(struct heap *heap)
{
	if (heap)
		free(heap->spans);
	free(heap);
}

/* Whether the span ends with mark bits (gcUsesSpanInlineMarkBits). */
static bool has_inline_marks(
	const struct runtime_layout *layout, const struct heap_span *span, uint64_t pages)
{
	enum { MIN_SIZE = 16 };
	return field_present(layout->inline_marks.marks) && pages == 1 &&
	       span->object_size <= MAX_BITMAP_OBJECT && span->object_size >= MIN_SIZE;
}

/*
 * Chooses the bitmaps of live objects (mgcsweep.go). In a span that the last collection has marked
 * and that is not swept yet (its sweepgen is 2 behind, or 1 ahead if it has been cached since),
 * exactly the marked objects are. In all others, it is those with an allocation bit, all below
 * freeindex, and those with a mark: objects allocated during marking get one, and while the span is
 * being swept, the two bitmaps change places. (freeIndexForScan does not advance during marking in
 * 1.25 and later.)
 */
static void choose_bits(const struct runtime_layout *layout, const uint8_t *record,
	uint32_t sweep_gen, struct heap_span *span)
{
	size_t size = layout->span.size.size;
	uint32_t generation = (uint32_t)object_field(record, size, layout->span.sweep_gen);
	bool unswept = generation == sweep_gen - 2 || generation == sweep_gen + 1;
	span->bits[0] = object_field(record, size, layout->span.mark_bits);
	if (has_inline_marks(layout, span, object_field(record, size, layout->span.pages)))
		span->bits[1] = span->start + RUNTIME_PAGE - layout->inline_marks.size.size +
				layout->inline_marks.marks.offset;
	if (unswept)
		return;
	span->bits[2] = object_field(record, size, layout->span.alloc_bits);
	span->free_index = object_field(record, size, layout->span.free_index);
}

/*
 * Finds the record of pointers (mbitmap.go heapBitsInSpan, spanHeapBitsRange, typePointersOf; up to
 * 1.21 mbitmap.go heapBitsForAddr). A span class without a size class has a single, large object.
 */
static void find_pointer_record(const struct runtime_layout *layout, const uint8_t *record,
	uint64_t pages, struct heap_span *span)
{
	size_t size = layout->span.size.size;
	uint64_t bytes = pages * RUNTIME_PAGE;
	if (field_present(layout->arena.bitmap)) {
		span->pointers = field_present(layout->arena.no_more) ? POINTERS_ARENA
								      : POINTERS_ARENA_PAIRS;
	} else if (!field_present(layout->span.large_type)) {
		span->pointers = POINTERS_UNKNOWN;
	} else if (span->object_size <= MAX_BITMAP_OBJECT) {
		span->pointers = POINTERS_BITMAP;
		span->record = span->start + bytes - bytes / 64;
		if (has_inline_marks(layout, span, pages))
			span->record -= layout->inline_marks.size.size;
	} else if (object_field(record, size, layout->span.span_class) >> 1) {
		span->pointers = POINTERS_HEADER;
	} else {
		span->pointers = POINTERS_TYPE;
		span->record = object_field(record, size, layout->span.large_type);
	}
}

/* False if it is not a span of objects, or is inconsistent. */
static bool decode_span(const struct runtime_layout *layout, const uint8_t *record,
	uint32_t sweep_gen, struct heap_span *ret)
{
	size_t size = layout->span.size.size;
	uint64_t pages = object_field(record, size, layout->span.pages);
	if (object_field(record, size, layout->span.state) != SPAN_IN_USE)
		return false;
	*ret = (struct heap_span){
		.start = object_field(record, size, layout->span.start),
		.object_size = object_field(record, size, layout->span.object_size),
		.object_count = object_field(record, size, layout->span.object_count),
		.no_pointers = object_field(record, size, layout->span.span_class) & 1,
	};
	if (!ret->start || ret->start % RUNTIME_PAGE || !pages ||
		pages > MAX_SPAN_BYTES / RUNTIME_PAGE || ret->object_size < 8 ||
		ret->object_size % 8 || ret->object_count > MAX_OBJECTS ||
		ret->object_count > pages * RUNTIME_PAGE / ret->object_size ||
		__builtin_add_overflow(ret->start, ret->object_count * ret->object_size, &ret->end))
		return false;
	choose_bits(layout, record, sweep_gen, ret);
	find_pointer_record(layout, record, pages, ret);
	return ret->object_count > 0;
}

static struct error *prefetch_spans(
	struct program *program, const uint64_t *pointers, size_t count, struct range *ranges)
{
	for (size_t i = 0; i < count; i++)
		ranges[i] = (struct range){pointers[i], program->layout.span.size.size};
	return target_prefetch(program->target, ranges, count);
}

/* Reads the records that `pointers` point to and keeps the spans of objects. */
static struct error *add_spans(struct program *program, const uint64_t *pointers, size_t count,
	uint32_t sweep_gen, struct heap *heap)
{
	size_t size = program->layout.span.size.size;
	for (size_t i = 0; i < count; i++) {
		uint8_t record[MAX_SPAN_RECORD];
		struct error *err = target_read(program->target, pointers[i], record, size);
		if (err && err->code != ERROR_FAULT)
			return err;
		if (err) {
			error_destroy(err);
			heap->partial = true;
			continue;
		}
		if (!array_reserve(&heap->spans, &heap->capacity, heap->count + 1))
			return error_no_memory();
		heap->count +=
			decode_span(&program->layout, record, sweep_gen, &heap->spans[heap->count]);
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct heap_span *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

/* Spans do not overlap; if they do, the list is torn and the first one is kept. */
static void sort_spans(struct heap *heap)
{
	size_t kept = 0;
	if (heap->count)
		qsort(heap->spans, heap->count, sizeof(*heap->spans), by_start);
	for (size_t i = 0; i < heap->count; i++) {
		if (kept && heap->spans[i].start < heap->spans[kept - 1].end)
			heap->partial = true;
		else
			heap->spans[kept++] = heap->spans[i];
	}
	heap->count = kept;
}

static struct error *heap_load(struct program *program, struct heap *heap)
{
	const struct runtime_layout *layout = &program->layout;
	uint64_t mheap = program->globals.mheap.address, sweep_gen, slice[2];
	if (!mheap || !field_present(layout->heap.all_spans) ||
		!field_present(layout->span.state) || layout->span.size.size > MAX_SPAN_RECORD)
		return error_create(ERROR_NOT_FOUND,
			"cannot find the heap: runtime.mheap_ or its layout is unknown");
	struct error *err = program_read_field(program, mheap, layout->heap.sweep_gen, &sweep_gen);
	if (!err)
		err = target_read(program->target, mheap + layout->heap.all_spans.offset, slice,
			sizeof(slice));
	if (err)
		return error_wrap(err, "cannot read runtime.mheap_");
	if (slice[1] > MAX_SPANS)
		return error_create(ERROR_BAD_DATA,
			"runtime.mheap_ has an implausible number of spans: %llu",
			(unsigned long long)slice[1]);
	_cleanup_free_ uint64_t *pointers = malloc(BATCH * sizeof(*pointers));
	_cleanup_free_ struct range *ranges = malloc(BATCH * sizeof(*ranges));
	if (!pointers || !ranges)
		return error_no_memory();
	for (uint64_t at = 0; !err && at < slice[1]; at += BATCH) {
		size_t count = slice[1] - at < BATCH ? (size_t)(slice[1] - at) : BATCH;
		struct memory_run run = {slice[0] + at * 8, count * 8, pointers, 0};
		err = target_read_runs(program->target, &run, 1);
		if (!err && run.done < run.size)
			heap->partial = true;
		count = run.done / 8;
		if (!err)
			err = prefetch_spans(program, pointers, count, ranges);
		if (!err)
			err = add_spans(program, pointers, count, (uint32_t)sweep_gen, heap);
		if (!err && slice[1] > BATCH)
			target_trim_cache(program->target);
	}
	sort_spans(heap);
	return err;
}

struct error *program_heap(
	struct program *program, const struct heap_span **ret, size_t *ret_count, bool *ret_partial)
{
	struct error *err = target_check(program->target);
	if (!err && !program->heap) {
		struct heap *heap = calloc(1, sizeof(*heap));
		err = heap ? heap_load(program, heap) : error_no_memory();
		if (err)
			heap_destroy(heap);
		else
			program->heap = heap;
	}
	if (err)
		return err;
	*ret = program->heap->spans;
	*ret_count = program->heap->count;
	*ret_partial = program->heap->partial;
	return NULL;
}

const struct heap_span *heap_span_at(struct program *program, uint64_t address)
{
	if (!program->heap) {
		const struct heap_span *spans;
		size_t count;
		bool partial;
		struct error *err = program_heap(program, &spans, &count, &partial);
		error_destroy(err);
		if (err)
			return NULL;
	}
	struct heap *heap = program->heap;
	if (heap->count && address - heap->spans[heap->last].start <
				   heap->spans[heap->last].end - heap->spans[heap->last].start)
		return &heap->spans[heap->last];
	size_t found = bisect(i, heap->count, heap->spans[i].end > address);
	if (found == heap->count || heap->spans[found].start > address)
		return NULL;
	heap->last = found;
	return &heap->spans[found];
}

static bool bit_set(struct program *program, uint64_t bits, uint64_t index)
{
	uint8_t byte;
	if (!bits)
		return false;
	struct error *err = target_read(program->target, bits + index / 8, &byte, 1);
	error_destroy(err);
	return !err && (byte >> (index % 8) & 1);
}

bool heap_index_in_use(struct program *program, const struct heap_span *span, uint64_t index)
{
	bool in_use = index < span->free_index;
	for (size_t i = array_length(span->bits); !in_use && i-- > 0;)
		in_use = bit_set(program, span->bits[i], index);
	return in_use;
}

bool heap_object_at(struct program *program, uint64_t address, struct heap_object *ret)
{
	const struct heap_span *span = heap_span_at(program, address);
	if (!span)
		return false;
	uint64_t index = (address - span->start) / span->object_size;
	*ret = (struct heap_object){
		.address = span->start + index * span->object_size,
		.size = span->object_size,
		.in_use = heap_index_in_use(program, span, index),
		.no_pointers = span->no_pointers,
		.span = span,
	};
	return true;
}
