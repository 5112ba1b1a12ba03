/*
 * Which thread of a core crashed, and in which function of the runtime. Private to crash.c.
 */
#ifndef GCTXDBG_GO_GOROUTINES_CRASH_SITE_H
#define GCTXDBG_GO_GOROUTINES_CRASH_SITE_H

#include "dbg/go/goroutines/crash.h"
#include "dbg/go/stacks/stack.h"

/* How a thread crashes. */
struct crash_site {
	enum crash_kind kind;
	struct stack stack;
	size_t frame; /* of the runtime function that prints */
	const struct thread *thread;
	struct target_signal signal; /* CRASH_SIGNAL */
	uint64_t signal_pc;	     /* the pc that it interrupted */
	/* The runtime passes a SIGQUIT on to every thread, so that it prints its stack. */
	bool relayed;
};

/*
 * Finds the thread that crashed; kind CRASH_NONE: none by Go's own code. Several may: the others
 * wait for the first, or print their stacks because of a relayed signal. The thread that got the
 * fatal signal is the first in the core. `killed`: a fatal signal ended the process. Free `ret`
 * with crash_site_deinit().
 */
struct error *crash_site_find(struct program *program, bool killed, struct crash_site *ret);
void crash_site_deinit(struct crash_site *site);

#endif
