/*
 * A process's memory, assembled from its core and the executables that it had mapped: one sorted
 * table of pieces.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_MEMORY_H
#define GCTXDBG_TARGET_CORE_CORE_MEMORY_H

#include "dbg/target/core/core_modules.h"

struct core_memory {
	const struct core_dump *dump;
	struct core_piece *pieces; /* sorted by address, without overlaps */
	size_t piece_count;
};

/*
 * The core's own contents take precedence; the modules' pieces (sorted in place) fill the gaps.
 * `dump` and `modules` must outlive the result. Release with core_memory_deinit().
 */
struct error *core_memory_init(
	const struct core_dump *dump, struct core_modules *modules, struct core_memory *ret);
void core_memory_deinit(struct core_memory *memory);

/*
 * Reads `size` bytes at `address` and returns how many there were before the first unreadable one.
 * A file that is truncated while it is open ends the read, it does not crash it. Several threads
 * may call it at the same time.
 */
size_t core_memory_read(const struct core_memory *memory, uint64_t address, void *ret, size_t size);

/* Whether the core or a module held `address` when it was opened. */
bool core_memory_covers(const struct core_memory *memory, uint64_t address);

#endif
