/*
 * The m of each thread, found through the thread itself.
 *
 * In thread-local storage, a thread keeps the g that it runs, and g.m is its m. This needs only
 * g.m and m.g0, which have been at the same place in all releases, and so also finds the threads of
 * a program whose m's have an unknown layout. The list allm also has m's without a thread.
 *
 * Sources: runtime/tls_amd64.s, cmd/internal/obj/x86 (the word below FS, unless C code has
 * thread-local variables too), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_THREAD_MS_H
#define GCTXDBG_GO_GOROUTINES_THREAD_MS_H

#include "dbg/target/target.h"

struct program;

struct thread_m {
	uint64_t m; /* address */
	const struct thread *thread;
};

struct thread_ms {
	struct thread_m *items; /* sorted by m; only threads that run an m */
	size_t count;
};

/* Fills `ret`, which is valid until the target runs; free with thread_ms_deinit(). */
struct error *thread_ms_find(struct program *program, struct thread_ms *ret);
void thread_ms_deinit(struct thread_ms *ms);

/* The thread whose m is at `address`; NULL if none is known. */
const struct thread *thread_ms_at(const struct thread_ms *ms, uint64_t address);

#endif
