/*
 * What the guardian works with once the debugger is dead, shared by guardian_run.c (its life, bytes
 * and calls) and guardian_children.c (copies of the target).
 */
#ifndef GCTXDBG_TARGET_GUARDIAN_RUN_H
#define GCTXDBG_TARGET_GUARDIAN_RUN_H

#include "dbg/target/guardian_log.h"
#include "dbg/target/tracee.h"

struct guarding {
	struct guardian_log *log;
	int mem_fd;	       /* of the program that ran when the debugger attached */
	uint64_t some_address; /* that can be read there; 0: unknown */
	int target;	       /* pidfd */
	struct tracees tracees;
};

/* Notes the child of a clone that was under way; all threads stand, and the call is noted still. */
void guardian_find_child(struct guarding *guarding);

/* Kills the noted ones. */
void guardian_kill_children(struct guarding *guarding);

/* The target is not traced: waits for their death, stops a thread of the target for a moment, and
 * has it reap them. */
void guardian_reap_children(struct guarding *guarding);

#endif
