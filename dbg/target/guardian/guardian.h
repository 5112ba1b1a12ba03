/*
 * The guardian: a process of its own that outlives the debugger, should that be killed, and then
 * undoes what we have changed in the target.
 *
 * What is about to be changed is noted BEFORE, and forgotten AFTER it has been undone, in memory
 * that both processes share; a note is valid from one store on, so dying between any two
 * instructions is safe. When the debugger has died the guardian
 *
 *   1. restores all noted bytes through /proc/PID/mem (at once: the kernel closes our files before
 * it lets our tracees go)
 *   2. seizes and stops all threads (unless only children are noted), and puts back the registers of those that stand in an injected
 * system call
 *   3. waits until no thread executes in a noted region or has a signal frame that returns there
 *   4. runs the noted undo calls in the target, the latest first
 *   5. leaves the target
 *   6. waits for the death of noted children, which it has killed at once, and stops one thread for
 * a moment to have them reaped; if that cannot be done it tries some more times, ever more rarely
 *   7. ends. So it does when the target dies or executes something else: nothing is left to undo
 * then.
 *
 * It is named "gctxdbg-guard", is in a session of its own, ignores signals, holds no descriptor of
 * ours, and sleeps.
 *
 * Functions are called by the tracer thread, notes by one thread at a time. Notes never fail for
 * lack of memory but when there are too many (ERROR_OTHER): then do not change anything.
 */
#ifndef GCTXDBG_TARGET_GUARDIAN_GUARDIAN_H
#define GCTXDBG_TARGET_GUARDIAN_GUARDIAN_H

#include <sys/types.h>
#include <sys/user.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct guardian;

enum { GUARDIAN_BYTES = 16, GUARDIAN_MAX_BYTES_NOTES = 1 << 14 };

/* Starts one for process `pid`. */
struct error *guardian_create(pid_t pid, struct guardian **ret);

/*
 * Ends it. Notes that are still there make it do its work as if we had died, as soon as the calling
 * thread traces the target no more: leave the target first. Waits at most a second for it. NULL is
 * fine.
 */
void guardian_destroy(struct guardian *guardian);

/*
 * `size` (at most GUARDIAN_BYTES) bytes at `address` are going to be replaced by `replacement`.
 * Restored only where memory still holds that, so that memory mapped anew is not damaged. An
 * address must not be noted twice.
 */
struct error *guardian_note_bytes(struct guardian *guardian, uint64_t address, const void *original,
	const void *replacement, size_t size);
void guardian_forget_bytes(struct guardian *guardian, uint64_t address);

/*
 * What an injected call changes, for inject.c. The stub must stay until the thread has been put
 * back, so it is no note of bytes. One at a time; noting again replaces the note. `tid` 0: there is
 * only the stub so far, or no thread in it any more.
 */
struct call_note {
	pid_t tid;
	uint64_t stub; /* SYSCALL_STUB_SIZE bytes there, see stub.h */
	uint8_t original[4];
	struct user_regs_struct regs;
	uint64_t mask;
};
void guardian_note_call(struct guardian *guardian, const struct call_note *note);
/* It is a clone: a child with exit signal 0 that stands in the stub is ours, even if
 * guardian_note_child() does not follow, which ends this. */
void guardian_note_clone(struct guardian *guardian, bool under_way);
void guardian_forget_call(struct guardian *guardian);

/* A system call that undoes a change, such as munmap or rt_sigaction (whose memory must be there
 * until then). */
struct error *guardian_note_undo(
	struct guardian *guardian, long number, const uint64_t arguments[static 6]);
/* Forgets the latest one. */
void guardian_forget_undo(struct guardian *guardian);

/* No thread may execute in [start, end), or return there from a signal, when the undo calls run.
 * `end` 0 forgets it. One at a time. */
void guardian_note_region(struct guardian *guardian, uint64_t start, uint64_t end);

/*
 * `pid` is a child of the target that must not outlive us; the target numbers it `ns_pid`, and it was
 * started at `start`, see snapshot_process_start(): a later process of that number is not killed.
 */
struct error *guardian_note_child(
	struct guardian *guardian, pid_t pid, pid_t ns_pid, uint64_t start);
void guardian_forget_child(struct guardian *guardian, pid_t pid);

/* Its pid, for tests. */
pid_t guardian_pid(const struct guardian *guardian);

#endif
