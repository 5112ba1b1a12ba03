/*
 * Hooks into the handling of tracees' reports, for code above this folder that changes what the
 * threads execute: the traps (traps.h). One set of hooks at a time; without hooks, no call is made.
 *
 * All hooks are called by the tracer thread. While hooks are set, child processes of the target are
 * traced too (PTRACE_O_TRACEFORK and _VFORK), since they inherit its memory.
 */
#ifndef GCTXDBG_TARGET_TRACING_TRACEE_HOOKS_H
#define GCTXDBG_TARGET_TRACING_TRACEE_HOOKS_H

#include <signal.h>

#include "dbg/target/tracing/tracee.h"

enum hook_answer {
	HOOK_IGNORED, /* handle the report as if there were no hooks */
	HOOK_HANDLED, /* nothing is left to do */
	HOOK_SIGNAL,  /* the report has become a stop for a signal, which is to be handled */
};

struct tracee_hooks {
	/*
	 * `tracee` reports a stop. The kernel still holds the report (WNOWAIT), so a signal is not
	 * lost if we are killed. A hook that does not ignore the report collects it, see
	 * tracee_collect(). HOOK_SIGNAL: `*ret_signal` is the signal, and the report has been
	 * collected.
	 */
	enum hook_answer (*report)(struct tracees *tracees, struct tracee *tracee,
		const siginfo_t *report, int *ret_signal);

	/*
	 * `tracee` is stopped for `*signal` (0: at a system call) and is going to be continued or
	 * detached with it. False: it has been removed or must not be continued.
	 */
	bool (*before_signal)(struct tracees *tracees, struct tracee *tracee, int *signal);

	/*
	 * `tracee` has stopped for PTRACE_INTERRUPT or a group-stop and is going to stay stopped or
	 * be detached. False: the hook has continued it, and it will report another stop first.
	 */
	bool (*stopped)(struct tracees *tracees, struct tracee *tracee);

	/* `tracee` is about to be continued. */
	void (*before_continue)(struct tracees *tracees, struct tracee *tracee);

	/*
	 * A process that is not a thread of the target reports `status` (of waitpid). True: it was
	 * a child of the target and the report has been handled. Otherwise it is detached.
	 */
	bool (*other_process)(struct tracees *tracees, pid_t pid, int status);

	/*
	 * All threads are going to be detached: undoes all changes in the target, for which it may
	 * stop them. Removes the hooks unless the target does not stop in time.
	 */
	void (*leave)(struct tracees *tracees);

	/* The memory of the target is gone (exit, exec) or out of reach: frees everything and
	 * removes the hooks. */
	void (*forget)(struct tracees *tracees);
};

/* Sets the hooks, or removes them (NULL). All threads are stopped. `context` is for the hooks
 * alone. */
void tracees_set_hooks(struct tracees *tracees, const struct tracee_hooks *hooks, void *context);

#endif
