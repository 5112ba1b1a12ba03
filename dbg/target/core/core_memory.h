/*
 * A process's memory put together from its core and the files behind it: one sorted table of
 * stretches.
 */
#ifndef GCTXDBG_TARGET_CORE_CORE_MEMORY_H
#define GCTXDBG_TARGET_CORE_CORE_MEMORY_H

#include "dbg/target/core/core_modules.h"

struct core_memory {
	struct core_piece *pieces; /* by address, without overlaps */
	size_t piece_count;
	size_t last; /* the piece that was asked for last; most reads are near each other */
};

/* What the core holds comes first; pieces of files (sorted in place) fill the gaps. Freed by
 * core_memory_deinit(). */
struct error *core_memory_init(
	const struct core_dump *dump, struct core_modules *modules, struct core_memory *ret);
void core_memory_deinit(struct core_memory *memory);

/* At most `size` bytes at `address`, as many as lie together; none when they are not here. */
struct bytes core_memory_at(struct core_memory *memory, uint64_t address, uint64_t size);

#endif
