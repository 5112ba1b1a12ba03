/*
 * The memory that debugger and guardian share: what has been changed in the target.
 *
 * The debugger writes, and the guardian reads when the debugger is dead, so the only rule is that a
 * note is filled in before it becomes valid (one store) and stays as it is until it is made invalid
 * (one store).
 */
#ifndef GCTXDBG_TARGET_GUARDIAN_GUARDIAN_LOG_H
#define GCTXDBG_TARGET_GUARDIAN_GUARDIAN_LOG_H

#include <stdatomic.h>

#include "dbg/target/guardian/guardian.h"

enum { GUARDIAN_UNDOS = 64, GUARDIAN_CHILDREN = 8 };

struct bytes_note {
	atomic_bool valid;
	uint8_t size;
	uint8_t original[GUARDIAN_BYTES], replacement[GUARDIAN_BYTES];
	uint64_t address;
};

struct undo_note {
	long number;
	uint64_t arguments[6];
};

struct region_note {
	uint64_t start, end;
};

struct child_note {
	atomic_bool valid;
	pid_t pid, ns_pid;
	uint64_t start; /* see snapshot_process_start() */
};

struct guardian_log {
	pid_t pid;	  /* of the target */
	atomic_bool quit; /* the debugger has no more need of the guardian: not dead, but done */
	/* Two of each: the new one is filled in beside the old one and then `…_current` names it;
	 * 0: none, else 1 or 2. */
	_Atomic int call_current, region_current;
	struct call_note calls[2];
	struct region_note regions[2];
	struct child_note children[GUARDIAN_CHILDREN];
	atomic_bool cloning; /* the call under way is a clone whose child is not noted yet */
	_Atomic size_t undo_count;
	struct undo_note undos[GUARDIAN_UNDOS];
	_Atomic size_t bytes_count; /* those behind have never been valid */
	struct bytes_note bytes[GUARDIAN_MAX_BYTES_NOTES];
};

/* The guardian's life; returns when nothing is left to be undone. `debugger` and `target` are
 * pidfds, `hangup` the reading end of a pipe whose other end dies with the debugger. */
void guardian_run(struct guardian_log *log, int hangup, int debugger, int target);

/* Whether something would have to be undone. */
bool guardian_log_is_empty(const struct guardian_log *log);

/* Notes a child; false: there is no room. */
bool guardian_log_add_child(struct guardian_log *log, pid_t pid, pid_t ns_pid, uint64_t start);

/* Whether that is nothing but children that are noted. */
bool guardian_log_has_children_only(const struct guardian_log *log);

#endif
