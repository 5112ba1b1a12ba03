/*
 * Running system calls in a thread of the target.
 *
 * A stopped thread is made to execute four bytes of the debugger's, `syscall; jmp .`, which are
 * written where memory is executable but never executed (after the text in its last page, or at the
 * program's entry point) and restored afterwards. If the debugger dies at any moment, the thread
 * ends up in the endless jump, where it does no harm until the guardian restores its registers; see
 * guardian.h.
 *
 * The state of the thread does not change. An interrupted system call is restarted as it would have
 * been (a sleep keeps its end). Signals are blocked during the call and delivered afterwards; those
 * that cannot be blocked are delivered in between, with the thread's own registers, unless the
 * thread itself blocks them. A group-stop stays in effect. So an injected call must not sleep with
 * a timeout (nanosleep, poll: the kernel keeps one restart record per thread), nor change what is
 * restored here (the thread's registers and signal mask).
 *
 * Every function must be called by the tracer thread. The other threads may be stopped or running.
 */
#ifndef GCTXDBG_TARGET_TRACING_INJECT_H
#define GCTXDBG_TARGET_TRACING_INJECT_H

#include "dbg/target/process/seccomp_check.h"
#include "dbg/target/tracing/syscall_stub.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/tracing/undo_log.h"

enum { INJECT_ARGUMENTS = 6 };

struct injection {
	struct tracees *tracees;
	pid_t tid;
	struct undo_log
		*log; /* NULL: not protected (in the guardian, or in a child that may die) */
	/* The address of the stub, and the thread's own registers and mask, which change if a
	 * signal is delivered in between. */
	struct call_note own;
	uint64_t held; /* signals that the thread itself blocks, and that are pending */
	/* The child that the last call (clone, fork) made, as we number it; 0: none. It is stopped
	 * and our tracee, with the thread's ptrace options, but not in the table of tracees. */
	pid_t child;
};

/*
 * Prepares stopped thread `tid` and writes the stub. On an error nothing has changed. `ret` must
 * not be moved before inject_end().
 */
struct error *inject_begin(
	struct tracees *tracees, pid_t tid, struct undo_log *log, struct injection *ret);

/*
 * Runs one system call; `*ret` is the kernel's result (-errno for failure). ERROR_GONE: the thread
 * or process has died. Any other error: signals keep interrupting the call, or the thread does not
 * return from it, and the guardian will restore it after guardian_destroy(). The caller makes sure
 * that no seccomp filter kills the thread for the call, see seccomp_check.h.
 */
struct error *inject_syscall(struct injection *injection, long number,
	const uint64_t arguments[static INJECT_ARGUMENTS], int64_t *ret);

/* Restores the thread and the stub's bytes; the thread is stopped as before. Also after an error of
 * inject_syscall(). */
struct error *inject_end(struct injection *injection);

/*
 * The most suitable stopped thread: one in a system call, and so not in a restartable sequence. 0:
 * no thread is stopped.
 */
pid_t inject_choose(const struct tracees *tracees);

/* The most suitable thread whose seccomp filters allow all of these calls, or the error of
 * seccomp_check(). */
struct error *inject_choose_allowed(
	const struct tracees *tracees, const struct seccomp_call *calls, size_t count, pid_t *ret);

#endif
