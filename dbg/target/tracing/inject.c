/* Running system calls in a thread of the target: see inject.h. */
#include "dbg/target/tracing/inject.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "dbg/target/tracing/tracee_table.h"

enum { SPINS = 50, WAIT_MS = 20 };

static const int64_t patience_ns = INT64_C(20000000000);

static uint64_t signal_bit(int signal)
{
	return UINT64_C(1) << (signal - 1);
}

/* All but the synchronous signals: if one of those is blocked when the thread faults, the kernel
 * resets its action. */
static uint64_t blocked_signals(void)
{
	static const int synchronous[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	uint64_t mask = ~UINT64_C(0);
	for (size_t i = 0; i < array_length(synchronous); i++)
		mask &= ~signal_bit(synchronous[i]);
	return mask;
}

/* ---- Registers and mask ---- */

static struct error *died(const struct injection *injection)
{
	return error_create(ERROR_GONE, "thread %d of process %d has died", injection->tid,
		injection->tracees->pid);
}

/*
 * Moves the thread to the stub. The mask is set after the registers here and before them in
 * restore_regs(), so a thread with our mask is always in the stub, where the guardian looks for it.
 */
static struct error *enter(struct injection *injection, long number, const uint64_t *arguments)
{
	struct user_regs_struct regs = injection->own.regs;
	regs.rip = injection->own.stub;
	regs.orig_rax = UINT64_MAX; /* do not restart an interrupted call now */
	regs.rax = (uint64_t)number;
	regs.rdi = arguments[0];
	regs.rsi = arguments[1];
	regs.rdx = arguments[2];
	regs.r10 = arguments[3];
	regs.r8 = arguments[4];
	regs.r9 = arguments[5];
	if (!tracee_set_regs(injection->tid, &regs) ||
		!tracee_set_mask(injection->tid, blocked_signals() | injection->held))
		return died(injection);
	return NULL;
}

static struct error *restore_regs(struct injection *injection)
{
	if (!tracee_set_mask(injection->tid, injection->own.mask) ||
		!tracee_set_regs(injection->tid, &injection->own.regs))
		return died(injection);
	return NULL;
}

static void note(struct injection *injection, pid_t tid)
{
	injection->own.tid = tid;
	undo_log_note_call(injection->log, &injection->own);
}

/* Saves the thread's registers and mask as its own. */
static struct error *save_regs(struct injection *injection)
{
	if (!tracee_get_regs(injection->tid, &injection->own.regs) ||
		!tracee_get_mask(injection->tid, &injection->own.mask))
		return died(injection);
	note(injection, injection->tid);
	return NULL;
}

/* ---- Reports of the one thread ---- */

/* Waits for the thread's next stop. */
static struct error *next_stop(struct injection *injection, int *ret)
{
	struct tracees *tracees = injection->tracees;
	int64_t deadline = monotonic_now() + patience_ns;
	for (int turns = 0;; turns++) {
		pid_t tid = waitpid(injection->tid, ret, __WALL | __WNOTHREAD | WNOHANG);
		if (tid == injection->tid && WIFSTOPPED(*ret))
			return NULL;
		if (tid == injection->tid)
			tracee_handle(tracees, tid, *ret);
		if (tid != 0)
			return died(injection);
		if (turns < SPINS)
			continue;
		if (monotonic_now() > deadline)
			return error_create(ERROR_OTHER,
				"thread %d of process %d does not return from an injected "
				"system call",
				injection->tid, tracees->pid);
		tracees_wait(tracees, -1, WAIT_MS);
	}
}

enum report {
	REPORT_SYSCALL,	  /* it enters or leaves a system call */
	REPORT_CHILD,	  /* it has created a child */
	REPORT_INTERRUPT, /* PTRACE_INTERRUPT, or a group-stop */
	REPORT_SIGNAL,	  /* a signal is about to be delivered */
	REPORT_REFUSED,	  /* a seccomp filter answered the call with a signal */
	REPORT_FAULT,	  /* the stub cannot be executed */
	REPORT_OTHER,
};

static enum report classify(const struct injection *injection, int status)
{
	int event = status >> 16;
	if (event == PTRACE_EVENT_STOP)
		return REPORT_INTERRUPT;
	if (WSTOPSIG(status) == (SIGTRAP | 0x80))
		return REPORT_SYSCALL;
	if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
		event == PTRACE_EVENT_VFORK)
		return REPORT_CHILD;
	siginfo_t info;
	if (event || ptrace(PTRACE_GETSIGINFO, injection->tid, NULL, &info) != 0)
		return REPORT_OTHER;
	switch (info.si_signo) {
	case SIGSYS:
		return info.si_code > 0 ? REPORT_REFUSED : REPORT_SIGNAL;
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
		/* Unless the thread has a fault of its own that was pending when it stopped. */
		return info.si_code > 0 && syscall_stub_contains(injection->own.stub,
						   (uint64_t)(uintptr_t)info.si_addr)
			       ? REPORT_FAULT
			       : REPORT_SIGNAL;
	default:
		return REPORT_SIGNAL;
	}
}

/*
 * Delivers a signal that the thread is stopped for, as without the injection: with its own
 * registers and mask. Stops it again before it executes anything, such as the handler's first
 * instruction, and saves its registers anew.
 */
static struct error *deliver(struct injection *injection, int signal)
{
	struct error *err = restore_regs(injection);
	while (!err) {
		int status;
		ptrace_simple(PTRACE_INTERRUPT, injection->tid, 0);
		ptrace_simple(PTRACE_CONT, injection->tid, (unsigned long)signal);
		err = next_stop(injection, &status);
		if (err)
			break;
		struct tracee *tracee = tracee_find(injection->tracees, injection->tid);
		signal = status >> 16 ? 0 : WSTOPSIG(status);
		if (status >> 16 == PTRACE_EVENT_STOP) {
			if (tracee)
				tracee->group_stop =
					WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
			return save_regs(injection);
		}
	}
	return err;
}

/*
 * Makes a signal pending again that the thread's own mask blocks: the kernel queues it anew if it
 * is blocked when the thread continues with it. It stays blocked for the following calls, otherwise
 * it would be reported again and again.
 */
static struct error *hold(struct injection *injection, int signal, unsigned long *ret_signal)
{
	injection->held |= signal_bit(signal);
	*ret_signal = (unsigned long)signal;
	return tracee_set_mask(injection->tid, blocked_signals() | injection->held)
		       ? NULL
		       : died(injection);
}

/* ---- One call ---- */

enum progress { NOT_YET, INSIDE, DONE };

struct call {
	enum progress progress;
	int64_t result;
	bool again; /* a signal was delivered before the call: start over */
};

static struct error *take_result(struct injection *injection, struct call *call)
{
	struct user_regs_struct regs;
	if (!tracee_get_regs(injection->tid, &regs))
		return died(injection);
	call->result = (int64_t)regs.rax;
	return NULL;
}

/*
 * Handles one stop; the thread is continued unless `*ret_stopped`. After the call it is interrupted
 * once more, because only when it continues from that kind of stop does the kernel check whether an
 * interrupted call is to be restarted.
 */
static struct error *handle_report(
	struct injection *injection, int status, struct call *call, bool *ret_stopped)
{
	struct error *err = NULL;
	unsigned long child = 0, signal = 0;
	*ret_stopped = false;
	switch (classify(injection, status)) {
	case REPORT_SYSCALL:
		if (call->progress == INSIDE)
			err = take_result(injection, call);
		if (call->progress < DONE)
			call->progress++;
		break;
	case REPORT_CHILD:
		if (ptrace(PTRACE_GETEVENTMSG, injection->tid, NULL, &child) == 0)
			injection->child = (pid_t)child;
		break;
	case REPORT_INTERRUPT: {
		struct tracee *tracee = tracee_find(injection->tracees, injection->tid);
		if (tracee)
			tracee->group_stop = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		*ret_stopped = call->progress == DONE;
		break;
	}
	case REPORT_REFUSED:
		call->progress = DONE;
		call->result = -EPERM;
		break;
	case REPORT_FAULT:
		call->progress = DONE;
		call->result = -EFAULT;
		break;
	case REPORT_SIGNAL:
		if (injection->own.mask & signal_bit(WSTOPSIG(status))) {
			err = hold(injection, WSTOPSIG(status), &signal);
			break;
		}
		call->again = call->progress != DONE;
		*ret_stopped = true;
		return deliver(injection, WSTOPSIG(status));
	case REPORT_OTHER:
		break;
	}
	if (err || *ret_stopped)
		return err;
	if (call->progress == DONE)
		ptrace_simple(PTRACE_INTERRUPT, injection->tid, 0);
	ptrace_simple(
		call->progress == DONE ? PTRACE_CONT : PTRACE_SYSCALL, injection->tid, signal);
	return NULL;
}

struct error *inject_syscall(struct injection *injection, long number,
	const uint64_t arguments[static INJECT_ARGUMENTS], int64_t *ret)
{
	struct call call = {.again = true};
	int64_t deadline = monotonic_now() + patience_ns;
	injection->child = 0;
	while (call.again) {
		if (monotonic_now() > deadline)
			return error_create(ERROR_OTHER,
				"cannot run a system call in thread %d of process %d: signals "
				"keep interrupting it; try again",
				injection->tid, injection->tracees->pid);
		call = (struct call){.progress = NOT_YET};
		struct error *err = enter(injection, number, arguments);
		if (!err)
			ptrace_simple(PTRACE_SYSCALL, injection->tid, 0);
		for (bool stopped = false; !err && !stopped;) {
			int status;
			err = next_stop(injection, &status);
			if (!err)
				err = handle_report(injection, status, &call, &stopped);
		}
		if (err)
			return err;
	}
	*ret = call.result;
	return NULL;
}

/* ---- Before and after ---- */

struct error *inject_begin(
	struct tracees *tracees, pid_t tid, struct undo_log *log, struct injection *ret)
{
	const struct tracee *tracee = tracee_find(tracees, tid);
	if (!tracee || tracee->state != TRACEE_STOPPED)
		return error_create(
			ERROR_GONE, "thread %d of process %d is not stopped", tid, tracees->pid);
	*ret = (struct injection){.tracees = tracees, .tid = tid, .log = log};
	struct error *err = syscall_stub_find(tid, &ret->own.stub);
	if (!err)
		err = syscall_stub_read(tid, ret->own.stub, ret->own.original);
	if (err)
		return err;
	note(ret, 0);
	err = syscall_stub_write(tid, ret->own.stub, syscall_stub_code);
	if (err) {
		undo_log_forget_call(log);
		return err;
	}
	err = save_regs(ret);
	if (err)
		error_destroy(inject_end(ret));
	return err;
}

struct error *inject_end(struct injection *injection)
{
	struct error *err = restore_regs(injection);
	note(injection, 0);
	/* This thread may have died; any stopped thread can write the text. */
	pid_t tid = err ? tracees_any_stopped(injection->tracees) : injection->tid;
	struct error *write_err =
		tid ? syscall_stub_write(tid, injection->own.stub, injection->own.original) : NULL;
	if (!write_err)
		undo_log_forget_call(injection->log);
	if (!err)
		return write_err;
	error_destroy(write_err);
	return err;
}
