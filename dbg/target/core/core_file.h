/*
 * A core dump as a file: its headers checked, its segments and notes read.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_FILE_H
#define GCTXDBG_TARGET_CORE_CORE_FILE_H

#include "dbg/target/core/core_notes.h"

/* A PT_LOAD: [start, end) of the process's memory. */
struct core_segment {
	uint64_t start, end;
	uint64_t dumped_end;  /* up to here the core was meant to hold it */
	uint64_t present_end; /* up to here it does; less than dumped_end where the file is cut
				 short */
	const uint8_t *data;
	uint32_t flags; /* PF_R… */
};

/*
 * Up to here the core alone says what the memory held, also where it is cut short: what was dumped had been written to,
 * so a file's bytes would be wrong. Code is the exception.
 */
uint64_t core_segment_own_end(const struct core_segment *segment);

struct core_dump {
	char *path;
	struct bytes file;	/* mapped */
	uint64_t expected_size; /* more than file.size when the core is cut short */

	/* By address, without overlaps. */
	struct core_segment *segments;
	size_t segment_count;

	struct core_notes notes;
};

/* Opens and reads `path`. Errors say what the file is instead. Freed by core_dump_close(). */
struct error *core_dump_open(const char *path, struct core_dump *ret);
void core_dump_close(struct core_dump *dump);

/* Whether the file at `path` is a core dump of whatever kind; false when that cannot be told. */
bool core_dump_is_core(const char *path);

/* The segment that contains `address`, or NULL. */
const struct core_segment *core_dump_segment_at(const struct core_dump *dump, uint64_t address);

/* The bytes that the core itself holds at `address`, at most `size`; none when it does not. */
struct bytes core_dump_bytes_at(const struct core_dump *dump, uint64_t address, uint64_t size);

#endif
