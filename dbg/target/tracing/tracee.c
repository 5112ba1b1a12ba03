/* What the kernel reports about our tracees, and what is done about each report. */
#include "dbg/target/tracing/tracee.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/process/attach_check.h"
#include "dbg/target/tracing/tracee_table.h"
#include "dbg/target/traps/traps_private.h"

/*
 * No PTRACE_O_EXITKILL: the target must outlive us. Its children are none of our business, unless
 * they inherit traps. PTRACE_O_TRACESYSGOOD makes stops at system calls distinct, and harmless:
 * without it a thread whose tracer dies at such a stop is sent SIGTRAP.
 */
unsigned long tracee_options(const struct tracees *tracees)
{
	unsigned long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
	return tracees->traps ? options | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK : options;
}

enum { PUMP_LIMIT = 256, SEIZE_ATTEMPTS = 50 };

/* ptrace() with the numbers that most requests take; failing means that the thread is being killed.
 */
long ptrace_simple(enum __ptrace_request request, pid_t tid, unsigned long data)
{
	return ptrace(request, tid, NULL, (void *)data); // NOLINT: the interface wants a pointer
}

void tracee_set_state(struct tracees *tracees, struct tracee *tracee, enum tracee_state state)
{
	tracees->running -= tracee->state == TRACEE_RUNNING;
	tracees->running += state == TRACEE_RUNNING;
	tracee->state = state;
}

struct tracee *tracee_find(const struct tracees *tracees, pid_t tid)
{
	struct tracee *tracee;
	HASH_FIND_INT(tracees->table, &tid, tracee);
	return tracee;
}

/* Enters a thread as running; NULL without memory. */
static struct tracee *tracee_add(struct tracees *tracees, pid_t tid)
{
	struct tracee *tracee = calloc(1, sizeof(*tracee));
	if (tracee) {
		tracee->tid = tid;
		tracee->state = TRACEE_RUNNING;
		HASH_ADD_INT(tracees->table, tid, tracee);
		if (tracee->lost)
			free(take_pointer(tracee));
	}
	if (tracee)
		tracees->running++;
	else
		tracees->no_memory = true;
	return tracee;
}

void tracee_remove(struct tracees *tracees, struct tracee *tracee)
{
	tracee_set_state(tracees, tracee, TRACEE_STOPPED);
	HASH_DEL(tracees->table, tracee);
	free(tracee);
}

/* Removes all but `keep` (may be NULL). */
static void remove_others(struct tracees *tracees, const struct tracee *keep)
{
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee != keep)
			tracee_remove(tracees, tracee);
	}
	tracees->generation++;
}

void tracees_deinit(struct tracees *tracees)
{
	traps_forget(tracees);
	remove_others(tracees, NULL);
}

struct error *tracees_seize(struct tracees *tracees, pid_t tid)
{
	if (ptrace_simple(PTRACE_SEIZE, tid, tracee_options(tracees)) != 0)
		return attach_refused(tracees->pid, tid, errno);
	return tracee_add(tracees, tid) ? NULL : error_no_memory();
}

struct error *tracees_seize_if_alive(struct tracees *tracees, pid_t tid, bool *ret_added)
{
	*ret_added = false;
	for (int attempt = 1; ptrace_simple(PTRACE_SEIZE, tid, tracee_options(tracees)) != 0;
		attempt++) {
		int errnum = errno;
		struct process_status status;
		if (errnum == ESRCH || proc_read_status(tid, &status) != 0 || status.state == 'Z' ||
			status.state == 'X' || status.tgid != tracees->pid)
			return NULL; /* it has exited meanwhile; a zombie main thread is as good as
					that */
		/* A traced thread created it, so it is traced too, and its first report is under
		 * way. */
		if (status.tracer == tracees->tracer)
			break;
		/* A refusal also means that the thread was dying, and an exec may have made it live
		 * again. */
		if (attempt == SEIZE_ATTEMPTS)
			return attach_refused(tracees->pid, tid, errnum);
		usleep(1000);
	}
	if (!tracee_add(tracees, tid))
		return error_no_memory();
	*ret_added = true;
	ptrace_simple(PTRACE_INTERRUPT, tid, 0);
	return NULL;
}

void tracee_detach(struct tracees *tracees, struct tracee *tracee, int signal)
{
	ptrace_simple(PTRACE_DETACH, tracee->tid, (unsigned long)signal);
	tracee_remove(tracees, tracee);
}

/*
 * All other threads are dead, and the one that called exec has become the main thread, whichever it
 * was before. The old main thread vanishes without a report.
 */
static void handle_exec(struct tracees *tracees, struct tracee *tracee)
{
	remove_others(tracees, tracee);
	tracee->step.active = false;
	tracee->shown = tracee->passed_trap = 0;
	if (tracees->attaching && tracees->mode != TRACING_LEAVING) {
		/* It is still inside of execve, whose end overwrites rax: what is injected here
		   would be another call. It stops again at its first instruction. */
		tracee->group_stop = 0;
		tracees->mode = TRACING_STOPPING;
		ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
		ptrace_simple(PTRACE_CONT, tracee->tid, 0);
		tracee_set_state(tracees, tracee, TRACEE_RUNNING);
		return;
	}
	if (tracees->mode != TRACING_LEAVING)
		tracees->execed = true;
	tracees->mode = TRACING_LEAVING;
	traps_forget(tracees);
	tracee_detach(tracees, tracee, 0);
}

/* A thread is entered at birth, so that its creator cannot be the last one that we know of and
 * exit. */
static void handle_clone(struct tracees *tracees, pid_t creator)
{
	unsigned long tid = 0;
	struct process_status status;
	if (ptrace(PTRACE_GETEVENTMSG, creator, NULL, &tid) == 0 &&
		!tracee_find(tracees, (pid_t)tid) && proc_read_status((pid_t)tid, &status) == 0 &&
		status.tgid == tracees->pid && status.tracer == tracees->tracer)
		tracee_add(tracees, (pid_t)tid);
}

void tracee_interrupt_again(struct tracee *tracee)
{
	if (tracee->interrupt_again)
		ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
	tracee->interrupt_again = false;
}

void tracee_go_on(struct tracees *tracees, struct tracee *tracee, int signal)
{
	if (tracees->traps)
		traps_before_go_on(tracees, tracee);
	tracee_interrupt_again(tracee);
	ptrace_simple(PTRACE_CONT, tracee->tid, (unsigned long)signal);
}

static void handle_stop(struct tracees *tracees, struct tracee *tracee, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);
	bool trap = event == PTRACE_EVENT_STOP; /* by PTRACE_INTERRUPT, at birth, or a group-stop:
						   then `signal` stopped it */
	/* A stop at a system call is left over from a call of ours that came back late. */
	int deliver = event || signal == (SIGTRAP | 0x80) ? 0 : signal;
	if (event == PTRACE_EVENT_EXEC) {
		handle_exec(tracees, tracee);
		return;
	}
	if (event == PTRACE_EVENT_CLONE)
		handle_clone(tracees, tracee->tid);
	if (tracees->traps && !event && !traps_before_signal(tracees, tracee, &deliver))
		return;
	switch (tracees->mode) {
	case TRACING_LEAVING:
		if (tracees->traps && event && !traps_on_stand(tracees, tracee))
			return;
		tracee_detach(tracees, tracee, deliver);
		return;
	case TRACING_STOPPING:
		if (trap && tracees->traps && !traps_on_stand(tracees, tracee))
			return;
		if (trap) {
			tracee->group_stop = signal == SIGTRAP ? 0 : signal;
			tracee_set_state(tracees, tracee, TRACEE_STOPPED);
			return;
		}
		/* Any other stop swallows a pending interrupt, so ask again before going on. */
		ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
		tracee_go_on(tracees, tracee, deliver);
		break;
	case TRACING_RUNNING:
		if (trap && signal != SIGTRAP) {
			if (tracees->traps && !traps_on_stand(tracees, tracee))
				return;
			ptrace_simple(PTRACE_LISTEN, tracee->tid, 0);
		} else {
			tracee_go_on(tracees, tracee, deliver);
		}
		break;
	}
	tracee_set_state(tracees, tracee, TRACEE_RUNNING);
}

static void handle_exit(struct tracees *tracees, pid_t tid, int status)
{
	struct tracee *tracee = tracee_find(tracees, tid);
	if (tracee) {
		tracee_remove(tracees, tracee);
		tracees->last_status = status;
	} else if (tid != tracees->pid || tracees->mode == TRACING_LEAVING) {
		if (tracees->traps)
			traps_forget_child(tracees->traps, tid);
		return; /* some child of ours that is none of the threads */
	}
	/* The main thread's exit is reported after all others': then nobody is left. */
	if (tid == tracees->pid) {
		tracees->last_status = status;
		remove_others(tracees, NULL);
	}
	if (!tracees->table && tracees->mode != TRACING_LEAVING &&
		(tid == tracees->pid || !tracees->attaching))
		tracees->ended = true;
}

/* A thread that we have not heard of: new, or a child process that was cloned in an unusual way and
 * got traced for it. */
static struct tracee *adopt(struct tracees *tracees, pid_t tid, int status)
{
	struct process_status process;
	if (proc_read_status(tid, &process) == 0 && process.tgid == tracees->pid) {
		struct tracee *tracee = tracee_add(tracees, tid);
		if (tracee)
			return tracee;
	}
	if (tracees->traps && traps_handle_child(tracees, tid, status))
		return NULL;
	ptrace_simple(PTRACE_DETACH, tid, status >> 16 ? 0 : (unsigned long)WSTOPSIG(status));
	return NULL;
}

void tracee_handle(struct tracees *tracees, pid_t tid, int status)
{
	if (tid == tracees->snapshot_tid) {
		tracees->snapshot_stopped = WIFSTOPPED(status);
		return;
	}
	if (!WIFSTOPPED(status)) {
		handle_exit(tracees, tid, status);
		return;
	}
	struct tracee *tracee = tracee_find(tracees, tid);
	if (!tracee)
		tracee = adopt(tracees, tid, status);
	if (tracee)
		handle_stop(tracees, tracee, status);
}

void tracee_collect(pid_t tid)
{
	int status;
	waitpid(tid, &status, __WALL | __WNOTHREAD | WNOHANG);
}

/*
 * Reports that are acted upon before they are collected: with the report the signal is gone, too,
 * and should we be killed then the thread would never get it, or go on behind an int3 in the middle
 * of an instruction. Whatever lets the thread go on collects as well. True: it was one.
 */
static bool take_signal(struct tracees *tracees, const siginfo_t *report)
{
	int signal = report->si_status;
	struct tracee *tracee = tracee_find(tracees, report->si_pid);
	if (report->si_code != CLD_TRAPPED || !tracee)
		return false;
	if (tracees->traps && tracee->step.active && signal >> 8 != PTRACE_EVENT_EXEC) {
		if (traps_go_on_stepping(tracees, tracee, report, &signal))
			handle_stop(tracees, tracee, W_STOPCODE(signal));
		return true;
	}
	if (signal >> 8)
		return false;
	if (signal != SIGTRAP || !tracees->traps || !traps_handle_sigtrap(tracees, tracee))
		handle_stop(tracees, tracee, W_STOPCODE(signal));
	return true;
}

/* Only children and tracees of this thread: those of the main thread (`command | less`) are not
 * ours. */
bool tracee_take_report(struct tracees *tracees, pid_t tid)
{
	int status, flags = __WALL | __WNOTHREAD | WNOHANG;
	siginfo_t report = {.si_pid = 0};
	if (waitid(tid == -1 ? P_ALL : P_PID, tid == -1 ? 0 : (id_t)tid, &report,
		    flags | WEXITED | WSTOPPED | WNOWAIT) != 0 ||
		!report.si_pid)
		return false;
	if (report.si_code == CLD_STOPPED) {
		/* A child of ours that is no tracee: until that is taken nothing else is told. */
		waitpid(report.si_pid, &status, flags | WUNTRACED);
		return true;
	}
	if (take_signal(tracees, &report))
		return true;
	tid = waitpid(report.si_pid, &status, flags);
	if (tid <= 0)
		return false;
	tracee_handle(tracees, tid, status);
	return true;
}

bool tracees_pump(struct tracees *tracees)
{
	for (int i = 0; i < PUMP_LIMIT; i++) {
		if (!tracee_take_report(tracees, -1))
			return i > 0;
	}
	return true;
}
