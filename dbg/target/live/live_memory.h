/*
 * Reading the memory of a stopped process in large pieces.
 */
#ifndef GCTXDBG_TARGET_LIVE_LIVE_MEMORY_H
#define GCTXDBG_TARGET_LIVE_LIVE_MEMORY_H

#include "dbg/target/target.h"

struct live_memory {
	pid_t tid; /* a living thread of the process */
	/* Use only /proc/TID/mem: process_vm_readv() pins pages, which unshares copy-on-write
	 * pages. */
	bool by_file;
	int mem_fd; /* /proc/TID/mem, opened on first use; -1: not yet */
};

/*
 * Reads all runs with process_vm_readv (1 MiB per call is fastest). Parts that fail are read
 * through /proc/TID/mem, which also reads pages that the process itself may not. Each run's `done`
 * is the number of bytes read. ERROR_GONE: the process has exited. Two threads may call it at the
 * same time.
 */
struct error *live_memory_read(struct live_memory *memory, struct memory_run *runs, size_t count);

/* Closes the descriptor; required before `tid` is changed. */
void live_memory_close(struct live_memory *memory);

#endif
