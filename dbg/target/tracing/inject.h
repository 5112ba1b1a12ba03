/*
 * Running system calls in a thread of the target.
 *
 * A stopped thread is pointed at four bytes of ours, `syscall; jmp .`, which lie where code is
 * executable but never executed (behind the text in its last page, or the program's entry point),
 * and put back afterwards. Should we die at any moment the thread ends up in the endless jump,
 * harmless, until the guardian puts its registers back; see guardian.h.
 *
 * What the thread was about does not change: an interrupted system call is restarted as it would
 * have been (a sleep keeps its end), signals are blocked meanwhile and delivered afterwards, those
 * that cannot be blocked are delivered in between with the original registers, a group-stop stays
 * in effect. So no injected call may sleep with a timeout (nanosleep, poll: the kernel keeps one
 * restart record per thread) or change what is restored here (the thread's registers and signal
 * mask).
 *
 * Every function here must be called by the tracer thread. The other threads may stand or run.
 */
#ifndef GCTXDBG_TARGET_TRACING_INJECT_H
#define GCTXDBG_TARGET_TRACING_INJECT_H

#include "dbg/target/tracing/syscall_stub.h"
#include "dbg/target/process/seccomp_check.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/tracing/undo_log.h"

enum { INJECT_ARGUMENTS = 6 };

struct injection {
	struct tracees *tracees;
	pid_t tid;
	struct undo_log *log; /* NULL: not protected against our death (the guardian itself does it,
			       * or a child that may die) */
	/* Where the stub is, and the thread's own registers and mask (which change when a signal
	 * had to be delivered in between). */
	struct call_note own;
	pid_t child; /* made by the last call (clone, fork), as we number it; 0: none. Stopped and
		      * our tracee, with the thread's ptrace options; not in the table of tracees */
};

/*
 * Prepares stopped thread `tid` and writes the stub. On an error nothing has changed. Memory of
 * `ret` must stay where it is until inject_end().
 */
struct error *inject_begin(
	struct tracees *tracees, pid_t tid, struct undo_log *log, struct injection *ret);

/*
 * Runs one system call; `*ret` is what the kernel answers (-errno for failure). ERROR_GONE: the
 * thread or process has died meanwhile. Any other error: the thread does not come back from the
 * call; the guardian will put it right when guardian_destroy() is called. The caller makes sure
 * that no seccomp filter kills for it: see seccomp_check.h.
 */
struct error *inject_syscall(struct injection *injection, long number,
	const uint64_t arguments[static INJECT_ARGUMENTS], int64_t *ret);

/* Puts the thread and the stub's bytes back. The thread is stopped as it was. Also after errors
 * of inject_syscall(). */
struct error *inject_end(struct injection *injection);

/*
 * The stopped thread that is best for it: one in a system call (so not in the middle of a
 * restartable sequence); 0: none.
 */
pid_t inject_choose(const struct tracees *tracees);

/* The best of those whose seccomp filters allow all of these calls; else why not, see seccomp_check(). */
struct error *inject_choose_allowed(
	const struct tracees *tracees, const struct seccomp_call *calls, size_t count, pid_t *ret);

#endif
