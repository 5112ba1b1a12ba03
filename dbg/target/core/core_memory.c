/* Assembling a process's memory from its core and its executables. */
#include "dbg/target/core/core_memory.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "dwarf/base/bisect.h"

enum { COPY_BYTES = 1 << 20 };

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

/* Drops the first `size` bytes of the piece. */
static void skip_bytes(struct core_piece *piece, uint64_t size)
{
	piece->start += size;
	piece->file_offset += size;
	if (piece->mapped)
		piece->mapped += size;
}

/* Trims overlaps: the piece that starts first wins. */
static size_t cut_overlaps(struct core_piece *pieces, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		struct core_piece piece = pieces[i];
		uint64_t free_from = kept ? pieces[kept - 1].end : 0;
		if (piece.end <= free_from)
			continue;
		if (piece.start < free_from)
			skip_bytes(&piece, free_from - piece.start);
		pieces[kept++] = piece;
	}
	return kept;
}

/* Appends the parts of a module's piece that none of the segments from `first` on owns. */
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
				(struct core_piece){.start = piece.start,
					.end = segment->start,
					.mapped = piece.mapped,
					.zero = piece.zero};
		if (own_end >= piece.end)
			return;
		skip_bytes(&piece, own_end - piece.start);
	}
	if (piece.start < piece.end)
		memory->pieces[memory->piece_count++] = piece;
}

struct error *core_memory_init(
	const struct core_dump *dump, struct core_modules *modules, struct core_memory *ret)
{
	sort_pieces(modules->pieces, modules->piece_count);
	modules->piece_count = cut_overlaps(modules->pieces, modules->piece_count);
	/* Neither list overlaps itself, so each end in one splits the other at most once. */
	size_t limit = 2 * (dump->segment_count + modules->piece_count) + 1;
	struct core_memory memory = {.dump = dump, .pieces = calloc(limit, sizeof(*memory.pieces))};
	if (!memory.pieces)
		return error_no_memory();
	for (size_t i = 0; i < dump->segment_count; i++) {
		const struct core_segment *segment = &dump->segments[i];
		if (segment->present_end > segment->start)
			memory.pieces[memory.piece_count++] = (struct core_piece){
				.start = segment->start,
				.end = segment->present_end,
				.file_offset = segment->file_offset,
			};
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

/* The piece that contains `address`, or NULL. */
static const struct core_piece *piece_at(const struct core_memory *memory, uint64_t address)
{
	size_t index = bisect(i, memory->piece_count, memory->pieces[i].end > address);
	return index < memory->piece_count && memory->pieces[index].start <= address
		       ? &memory->pieces[index]
		       : NULL;
}

bool core_memory_covers(const struct core_memory *memory, uint64_t address)
{
	return piece_at(memory, address);
}

/*
 * Copies from a mapped file. memcpy() would raise SIGBUS where the file has been truncated since it
 * was mapped; the kernel copies up to there and returns. Where a seccomp filter forbids the call,
 * there is only memcpy().
 */
static size_t copy_mapped(void *ret, const uint8_t *from, size_t size)
{
	size_t done = 0;
	while (done < size) {
		size_t wanted = size - done < COPY_BYTES ? size - done : COPY_BYTES;
		struct iovec local = {(uint8_t *)ret + done, wanted};
		struct iovec remote = {(void *)(uintptr_t)(from + done), wanted};
		ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
		if (n < 0 && (errno == ENOSYS || errno == EPERM)) {
			memcpy((uint8_t *)ret + done, from + done, size - done);
			return size;
		}
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static size_t copy_zeros(void *ret, size_t size)
{
	memset(ret, 0, size);
	return size;
}

size_t core_memory_read(const struct core_memory *memory, uint64_t address, void *ret, size_t size)
{
	size_t done = 0;
	while (done < size) {
		const struct core_piece *piece = piece_at(memory, address + done);
		if (!piece)
			break;
		uint64_t skipped = address + done - piece->start;
		uint64_t left = piece->end - piece->start - skipped;
		size_t wanted = size - done < left ? size - done : (size_t)left;
		uint8_t *to = (uint8_t *)ret + done;
		size_t got = piece->zero     ? copy_zeros(to, wanted)
			     : piece->mapped ? copy_mapped(to, piece->mapped + skipped, wanted)
					     : core_dump_read(memory->dump,
						       piece->file_offset + skipped, to, wanted);
		done += got;
		if (got < wanted)
			break;
	}
	return done;
}
