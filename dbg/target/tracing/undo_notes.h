/*
 * The memory of an undo_log, shared by the debugger and its guardian: the notes themselves.
 *
 * The debugger writes it; the guardian reads it after the debugger has died. So there is one rule:
 * a note is filled in first, becomes valid with one store, and does not change until one store
 * makes it invalid.
 */
#ifndef GCTXDBG_TARGET_TRACING_UNDO_NOTES_H
#define GCTXDBG_TARGET_TRACING_UNDO_NOTES_H

#include <stdatomic.h>

#include "dbg/target/tracing/undo_log.h"

enum { UNDO_CALLS = 64, UNDO_CHILDREN = 8 };

struct bytes_note {
	atomic_bool valid;
	uint8_t size;
	uint8_t original[UNDO_BYTES], replacement[UNDO_BYTES];
	uint64_t address;
};

/* A system call that undoes a change. */
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

struct undo_notes {
	atomic_bool quit; /* the debugger is alive and has finished with the target */
	/*
	 * There are two notes of each of these kinds: a new note is written to the unused one, and
	 * then `…_current` is switched to it. 0: no note, else 1 or 2.
	 */
	_Atomic int call_current, region_current;
	struct call_note calls[2];
	struct region_note regions[2];
	struct child_note children[UNDO_CHILDREN];
	atomic_bool cloning; /* the current call is a clone whose child has not been noted yet */
	_Atomic size_t undo_count;
	struct undo_note undos[UNDO_CALLS];
	_Atomic size_t bytes_count; /* notes from this index on have never been valid */
	struct bytes_note bytes[UNDO_MAX_BYTES_NOTES];
};

/* The notes of a log. The memory belongs to the log. */
struct undo_notes *undo_log_notes(const struct undo_log *log);

/* True: there is nothing to undo. */
bool undo_notes_are_empty(const struct undo_notes *notes);

/* True: there is nothing to undo except ending noted children. */
bool undo_notes_have_children_only(const struct undo_notes *notes);

/* Notes a child; false: the table is full. */
bool undo_notes_add_child(struct undo_notes *notes, pid_t pid, pid_t ns_pid, uint64_t start);

#endif
