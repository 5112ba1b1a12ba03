/*
 * A core dump as a file: validates its headers, reads its segment table and notes, and its memory
 * on demand.
 *
 * Memory is read with pread() and not mapped: a core that is truncated while it is open then gives
 * short reads instead of SIGBUS.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_FILE_H
#define GCTXDBG_TARGET_CORE_CORE_FILE_H

#include "dbg/target/core/core_notes.h"

/* A PT_LOAD: [start, end) of the process's memory. */
struct core_segment {
	uint64_t start, end;
	uint64_t dumped_end;  /* the core was meant to hold [start, dumped_end) */
	uint64_t present_end; /* less than dumped_end if the file is truncated */
	uint64_t file_offset; /* of `start` */
	uint32_t flags;	      /* PF_R… */
};

/*
 * The end of the part whose contents only the core knows, even where the core is truncated: a
 * dumped page had been written to, so the bytes of the mapped file would be wrong. Code is the
 * exception.
 */
uint64_t core_segment_own_end(const struct core_segment *segment);

struct core_dump {
	char *path;
	int fd;			/* -1: closed */
	uint64_t size;		/* of the file when it was opened */
	uint64_t expected_size; /* more than `size` if the core is truncated */
	uint64_t note_limit;	/* at most that many bytes of notes are read */
	size_t skipped_notes;	/* note segments beyond that limit */

	/* Sorted by address, without overlaps. */
	struct core_segment *segments;
	size_t segment_count;

	struct core_notes notes;
};

/*
 * Opens `path` and reads headers and notes. Errors say what the file is instead. Release with
 * core_dump_close(), which a failed open does not need.
 */
struct error *core_dump_open(const char *path, struct core_dump *ret);
void core_dump_close(struct core_dump *dump);

/* Whether the file at `path` is an ELF core; false if it cannot be read. */
bool core_dump_is_core(const char *path);

/* The segment that contains `address`, or NULL. */
const struct core_segment *core_dump_segment_at(const struct core_dump *dump, uint64_t address);

/*
 * Reads `size` bytes at `offset` of the file and returns how many there were: fewer at the end of
 * the file, or on an I/O error. Several threads may call it at the same time.
 */
size_t core_dump_read(const struct core_dump *dump, uint64_t offset, void *ret, size_t size);

/* The same at an address: at most `size` bytes of what the core holds there, within one segment. */
size_t core_dump_read_at(const struct core_dump *dump, uint64_t address, void *ret, size_t size);

#endif
