/* A process's memory put together from its core and the files behind it. */
#include "dbg/target/core/core_memory.h"

static int compare_pieces(const void *a, const void *b)
{
	uint64_t x = ((const struct core_piece *)a)->start,
		 y = ((const struct core_piece *)b)->start;
	return (x > y) - (x < y);
}

static void sort_pieces(struct core_piece *pieces, size_t count)
{
	if (count)
		qsort(pieces, count, sizeof(*pieces), compare_pieces);
}

/* Cuts off what overlaps: the piece that starts first wins. */
static size_t cut_overlaps(struct core_piece *pieces, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		struct core_piece piece = pieces[i];
		uint64_t free_from = kept ? pieces[kept - 1].end : 0;
		if (piece.end <= free_from)
			continue;
		if (piece.start < free_from) {
			piece.data += free_from - piece.start;
			piece.start = free_from;
		}
		pieces[kept++] = piece;
	}
	return kept;
}

/* Appends the parts of `piece` (a file's) that no segment from `first` on decides. */
static void add_gaps(struct core_memory *memory, const struct core_dump *dump, size_t first,
	struct core_piece piece)
{
	for (size_t i = first; i < dump->segment_count && piece.start < piece.end; i++) {
		const struct core_segment *segment = &dump->segments[i];
		if (segment->start >= piece.end)
			break;
		uint64_t own_end = core_segment_own_end(segment);
		if (own_end <= piece.start || own_end == segment->start)
			continue;
		if (segment->start > piece.start)
			memory->pieces[memory->piece_count++] =
				(struct core_piece){piece.start, segment->start, piece.data};
		if (own_end >= piece.end)
			return;
		piece.data += own_end - piece.start;
		piece.start = own_end;
	}
	if (piece.start < piece.end)
		memory->pieces[memory->piece_count++] = piece;
}

struct error *core_memory_init(
	const struct core_dump *dump, struct core_modules *modules, struct core_memory *ret)
{
	sort_pieces(modules->pieces, modules->piece_count);
	modules->piece_count = cut_overlaps(modules->pieces, modules->piece_count);
	/* Neither list overlaps itself, so each end of one cuts the other at most once. */
	size_t limit = 2 * (dump->segment_count + modules->piece_count) + 1;
	struct core_memory memory = {.pieces = calloc(limit, sizeof(*memory.pieces))};
	if (!memory.pieces)
		return error_no_memory();
	for (size_t i = 0; i < dump->segment_count; i++) {
		const struct core_segment *segment = &dump->segments[i];
		if (segment->present_end > segment->start)
			memory.pieces[memory.piece_count++] = (struct core_piece){
				segment->start, segment->present_end, segment->data};
	}
	size_t first = 0;
	for (size_t i = 0; i < modules->piece_count; i++) {
		while (first < dump->segment_count &&
			dump->segments[first].end <= modules->pieces[i].start)
			first++;
		add_gaps(&memory, dump, first, modules->pieces[i]);
	}
	sort_pieces(memory.pieces, memory.piece_count);
	*ret = memory;
	return NULL;
}

void core_memory_deinit(struct core_memory *memory)
{
	free(memory->pieces);
}

static bool core_memory_contains(const struct core_memory *memory, size_t index, uint64_t address)
{
	return index < memory->piece_count && memory->pieces[index].start <= address &&
	       address < memory->pieces[index].end;
}

struct bytes core_memory_at(struct core_memory *memory, uint64_t address, uint64_t size)
{
	if (!core_memory_contains(memory, memory->last, address)) {
		size_t low = 0, high = memory->piece_count;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (memory->pieces[middle].end <= address)
				low = middle + 1;
			else
				high = middle;
		}
		if (!core_memory_contains(memory, low, address))
			return (struct bytes){0};
		memory->last = low;
	}
	const struct core_piece *piece = &memory->pieces[memory->last];
	uint64_t left = piece->end - address;
	return (struct bytes){
		piece->data + (address - piece->start), (size_t)(size < left ? size : left)};
}
