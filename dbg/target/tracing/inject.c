/* Running system calls in a thread of the target: see inject.h. */
#include "dbg/target/tracing/inject.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "dbg/target/tracing/tracee_table.h"

enum { SPINS = 50, WAIT_MS = 20 };

static const int64_t patience_ns = INT64_C(20000000000);

/* What no thread can do without: a fault of its own while these are blocked would reset their
 * actions. */
static uint64_t blocked_signals(void)
{
	static const int synchronous[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	uint64_t mask = ~UINT64_C(0);
	for (size_t i = 0; i < array_length(synchronous); i++)
		mask &= ~(UINT64_C(1) << (synchronous[i] - 1));
	return mask;
}

/* ---- Registers and mask ---- */

static bool get_registers(pid_t tid, struct user_regs_struct *ret)
{
	struct iovec part = {ret, sizeof(*ret)};
	return ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &part) == 0 && // NOLINT
	       part.iov_len == sizeof(*ret);
}

static bool set_registers(pid_t tid, const struct user_regs_struct *regs)
{
	struct user_regs_struct copy = *regs;
	struct iovec part = {&copy, sizeof(copy)};
	return ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &part) == 0; // NOLINT
}

static struct error *died(const struct injection *injection)
{
	return error_create(ERROR_GONE, "thread %d of process %d has died", injection->tid,
		injection->tracees->pid);
}

/*
 * Points the thread at the stub. The mask comes second here and first on the way back: a thread
 * with our mask is always in the stub, where the guardian looks for it.
 */
static struct error *enter(struct injection *injection, long number, const uint64_t *arguments)
{
	struct user_regs_struct regs = injection->own.regs;
	regs.rip = injection->own.stub;
	regs.orig_rax = UINT64_MAX; /* no interrupted call is to be restarted now */
	regs.rax = (uint64_t)number;
	regs.rdi = arguments[0];
	regs.rsi = arguments[1];
	regs.rdx = arguments[2];
	regs.r10 = arguments[3];
	regs.r8 = arguments[4];
	regs.r9 = arguments[5];
	if (!set_registers(injection->tid, &regs) ||
		!tracee_set_mask(injection->tid, blocked_signals()))
		return died(injection);
	return NULL;
}

static struct error *restore_regs(struct injection *injection)
{
	if (!tracee_set_mask(injection->tid, injection->own.mask) ||
		!set_registers(injection->tid, &injection->own.regs))
		return died(injection);
	return NULL;
}

static void note(struct injection *injection, pid_t tid)
{
	injection->own.tid = tid;
	undo_log_note_call(injection->log, &injection->own);
}

/* Takes registers and mask of the thread for its own. */
static struct error *keep(struct injection *injection)
{
	if (!get_registers(injection->tid, &injection->own.regs) ||
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
				"thread %d of process %d does not come back from a system call "
				"that "
				"was made for us",
				injection->tid, tracees->pid);
		tracees_wait(tracees, -1, WAIT_MS);
	}
}

enum report {
	REPORT_SYSCALL,	  /* it enters or leaves a system call */
	REPORT_CHILD,	  /* it has made a child */
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
		/* The thread may have stood with a fault of its own that it had not been told of
		 * yet. */
		return info.si_code > 0 && syscall_stub_contains(injection->own.stub,
						   (uint64_t)(uintptr_t)info.si_addr)
			       ? REPORT_FAULT
			       : REPORT_SIGNAL;
	default:
		return REPORT_SIGNAL;
	}
}

/*
 * Delivers a signal for which the thread stands, as if there had been no injection: with its own
 * registers and mask. Stops it again before it executes anything (the handler's first instruction,
 * say), and takes what it has then for its own.
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
			return keep(injection);
		}
	}
	return err;
}

/* ---- One call ---- */

enum progress { NOT_YET, INSIDE, DONE };

struct call {
	enum progress progress;
	int64_t result;
	bool again; /* its registers were needed for a signal before the call */
};

static struct error *take_result(struct injection *injection, struct call *call)
{
	struct user_regs_struct regs;
	if (!get_registers(injection->tid, &regs))
		return died(injection);
	call->result = (int64_t)regs.rax;
	return NULL;
}

/*
 * Acts upon one stop; the thread runs on afterwards unless `*ret_stand`. When the call is done it
 * is interrupted once more, because only from that kind of stop on the kernel looks at whether an
 * interrupted call is to be restarted.
 */
static struct error *act(
	struct injection *injection, int status, struct call *call, bool *ret_stand)
{
	struct error *err = NULL;
	unsigned long child = 0;
	*ret_stand = false;
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
		*ret_stand = call->progress == DONE;
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
		call->again = call->progress != DONE;
		*ret_stand = true;
		return deliver(injection, WSTOPSIG(status));
	case REPORT_OTHER:
		break;
	}
	if (err || *ret_stand)
		return err;
	if (call->progress == DONE)
		ptrace_simple(PTRACE_INTERRUPT, injection->tid, 0);
	ptrace_simple(call->progress == DONE ? PTRACE_CONT : PTRACE_SYSCALL, injection->tid, 0);
	return NULL;
}

struct error *inject_syscall(struct injection *injection, long number,
	const uint64_t arguments[static INJECT_ARGUMENTS], int64_t *ret)
{
	struct call call = {.again = true};
	injection->child = 0;
	while (call.again) {
		call = (struct call){.progress = NOT_YET};
		struct error *err = enter(injection, number, arguments);
		if (!err)
			ptrace_simple(PTRACE_SYSCALL, injection->tid, 0);
		for (bool stands = false; !err && !stands;) {
			int status;
			err = next_stop(injection, &status);
			if (!err)
				err = act(injection, status, &call, &stands);
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
	err = keep(ret);
	if (err)
		error_destroy(inject_end(ret));
	return err;
}

struct error *inject_end(struct injection *injection)
{
	struct error *err = restore_regs(injection);
	note(injection, 0);
	/* Any stopped thread will do for the text; this one may have died. */
	pid_t tid = err ? tracees_any_stopped(injection->tracees) : injection->tid;
	struct error *problem =
		tid ? syscall_stub_write(tid, injection->own.stub, injection->own.original) : NULL;
	if (!problem)
		undo_log_forget_call(injection->log);
	if (!err)
		return problem;
	error_destroy(problem);
	return err;
}
