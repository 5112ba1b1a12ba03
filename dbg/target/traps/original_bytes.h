/*
 * The program's own bytes under the traps, for threads that read the target's memory: they replace
 * each of the debugger's int3s in what they have read.
 *
 * The tracer thread changes the table while other threads use it, so it has a lock, which is held
 * only to copy or replace a few bytes. An entry is added before its int3 is written and removed
 * after the int3 has been removed. When the target is detached or gone the table stays as it is:
 * memory that was read just before must still be corrected. (What is read during traps_set() may
 * show an int3; the user's thread waits for it.)
 */
#ifndef GCTXDBG_TARGET_TRAPS_ORIGINAL_BYTES_H
#define GCTXDBG_TARGET_TRAPS_ORIGINAL_BYTES_H

#include <pthread.h>

#include "dbg/target/target.h"

struct trap;

struct trap_byte {
	uint64_t address;
	uint8_t original;
};

struct original_bytes {
	pthread_mutex_t lock;
	struct trap_byte *items; /* by address */
	size_t count, capacity;
};

void original_bytes_init(struct original_bytes *bytes);
void original_bytes_deinit(struct original_bytes *bytes);

/*
 * Makes the table the union of two sets of traps, each ordered by address. Fails only without
 * memory, which a subset of the current table never needs.
 */
struct error *original_bytes_set(struct original_bytes *bytes, const struct trap *some,
	size_t some_count, const struct trap *more, size_t more_count);

/* Replaces our int3s in what has been read. Any thread may call it. */
void original_bytes_hide(struct original_bytes *bytes, struct memory_run *runs, size_t count);

#endif
