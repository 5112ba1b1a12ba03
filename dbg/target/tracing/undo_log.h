/*
 * The undo log: what has been changed in the target and how to change it back.
 *
 * A change is noted BEFORE it is made and forgotten AFTER it has been undone. The notes are in
 * memory that the debugger shares with its guardian (guardian.h), a process that undoes the noted
 * changes if the debugger is killed. A note becomes valid with one store, so the debugger may die
 * between any two instructions.
 *
 * Only the tracer thread may call these functions. Noting fails only when there are too many notes
 * (ERROR_OTHER); the change must not be made then. A NULL log means that the target is not
 * protected: notes are dropped.
 */
#ifndef GCTXDBG_TARGET_TRACING_UNDO_LOG_H
#define GCTXDBG_TARGET_TRACING_UNDO_LOG_H

#include <sys/types.h>
#include <sys/user.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct undo_log;

enum { UNDO_BYTES = 16, UNDO_MAX_BYTES_NOTES = 1 << 14 };

/* Creates an empty log in memory that processes forked later share. */
struct error *undo_log_create(struct undo_log **ret);

/* Frees this process's view of the log; notes stay for the processes that share it. NULL is
 * fine. */
void undo_log_destroy(struct undo_log *log);

/*
 * `size` bytes (at most UNDO_BYTES) at `address` are going to be replaced by `replacement`. They
 * are restored only if memory still holds `replacement`, so memory that was mapped anew is not
 * damaged. An address must not be noted twice.
 */
struct error *undo_log_note_bytes(struct undo_log *log, uint64_t address, const void *original,
	const void *replacement, size_t size);
/* An address that is not noted is ignored. */
void undo_log_forget_bytes(struct undo_log *log, uint64_t address);

/*
 * The state of an injected system call, see inject.h. The stub must stay until the thread has its
 * own registers again, so it is not a bytes note. There is one such note; a new one replaces it.
 */
struct call_note {
	pid_t tid;		      /* 0: only the stub has been written, no thread is in it */
	uint64_t stub;		      /* address of SYSCALL_STUB_SIZE bytes, see syscall_stub.h */
	uint8_t original[4];	      /* the program's bytes there */
	struct user_regs_struct regs; /* the thread's own */
	uint64_t mask;		      /* the thread's own signal mask */
};
void undo_log_note_call(struct undo_log *log, const struct call_note *note);
void undo_log_forget_call(struct undo_log *log);

/*
 * The injected call is a clone. Until undo_log_note_child() follows, a child of the target that has
 * exit signal 0 and whose pc is in the stub counts as noted.
 */
void undo_log_note_clone(struct undo_log *log, bool under_way);

/*
 * A system call that undoes a change, such as munmap or rt_sigaction; memory that it refers to must
 * exist until then. The calls are made in reverse order.
 */
struct error *undo_log_note_undo(
	struct undo_log *log, long number, const uint64_t arguments[static 6]);
/* Forgets the latest one. */
void undo_log_forget_undo(struct undo_log *log);

/*
 * When the undo calls are made, no thread may execute in [start, end) or have a signal frame that
 * returns there. There is one such note; a new one replaces it, and `end` 0 forgets it.
 */
void undo_log_note_region(struct undo_log *log, uint64_t start, uint64_t end);

/*
 * `pid` is a child of the target that must not outlive the debugger. `ns_pid` is its number in the
 * target's pid namespace. `start` is its start time, see snapshot_process_start(): a later process
 * with the same pid is not killed.
 */
struct error *undo_log_note_child(struct undo_log *log, pid_t pid, pid_t ns_pid, uint64_t start);
void undo_log_forget_child(struct undo_log *log, pid_t pid);

#endif
