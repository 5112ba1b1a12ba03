/*
 * Following a program that starts another one, such as a shell script, to the program that is
 * wanted: through exec and through children, which are traced for as long as that takes.
 */
#ifndef GCTXDBG_TARGET_TRACING_FOLLOW_EXEC_H
#define GCTXDBG_TARGET_TRACING_FOLLOW_EXEC_H

#include "dbg/target/tracing/tracee.h"

struct follow {
	/* Whether the program that `pid` has just executed is the one. */
	bool (*wanted)(pid_t pid);
	/* Asked repeatedly while nothing happens; true: give up. */
	bool (*stop)(void *context);
	void *context;
};

/*
 * `tracees->pid` is a tracee that has stopped before its first instruction. Runs it until it or a
 * process that it starts executes the wanted program, which becomes the process of `tracees`; it is
 * about to stop at its first instruction. All others are detached and run on. ERROR_NOT_FOUND if
 * all have ended without that; ERROR_CANCELLED if `stop` said so, and then all have been killed
 * (but not those that CLONE_UNTRACED hides from us). After any other error `tracees->pid` is the
 * process that was found; `tracees->ended` as usual.
 *
 * If we are killed meanwhile, the kernel detaches all: they run on and get each signal once.
 */
struct error *follow_exec(struct tracees *tracees, const struct follow *follow);

#endif
