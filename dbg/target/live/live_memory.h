/*
 * Reading the memory of a stopped process, in large pieces.
 */
#ifndef GCTXDBG_TARGET_LIVE_LIVE_MEMORY_H
#define GCTXDBG_TARGET_LIVE_LIVE_MEMORY_H

#include "dbg/target/target.h"

struct live_memory {
	pid_t tid; /* a living thread of the process */
	/* Read through that file only: process_vm_readv() pins pages, which makes the kernel copy those that
	 * are shared copy-on-write with another process. */
	bool by_file;
	int mem_fd; /* /proc/TID/mem, opened when first needed; -1: not yet */
};

/*
 * Reads all runs with process_vm_readv (1 MiB per call is fastest), and where that fails with
 * /proc/TID/mem, which can also read what the process itself may not. Each run's `done` says how
 * much there was. ERROR_GONE: the process has exited. Two threads may do so at once.
 */
struct error *live_memory_read(struct live_memory *memory, struct memory_run *runs, size_t count);

/* Closes the descriptor; a new `tid` may be set then. */
void live_memory_close(struct live_memory *memory);

#endif
