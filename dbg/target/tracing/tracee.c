/* Handling the kernel's reports about our tracees. */
#include "dbg/target/tracing/tracee.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/process/attach_check.h"
#include "dbg/target/tracing/tracee_hooks.h"
#include "dbg/target/tracing/tracee_table.h"

enum { PUMP_LIMIT = 256, SEIZE_ATTEMPTS = 50 };

/*
 * No PTRACE_O_EXITKILL: the target must outlive us. Its children are traced only if they inherit
 * traps. PTRACE_O_TRACESYSGOOD makes stops at system calls distinct and safe: without it a thread
 * whose tracer dies at such a stop gets SIGTRAP.
 */
static unsigned long tracee_options(const struct tracees *tracees)
{
	unsigned long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
	return tracees->hooks ? options | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK : options;
}

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

void tracees_set_hooks(struct tracees *tracees, const struct tracee_hooks *hooks, void *context)
{
	tracees->hooks = hooks;
	tracees->hook_context = context;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (tracee->state == TRACEE_STOPPED)
			ptrace_simple(PTRACE_SETOPTIONS, tracee->tid, tracee_options(tracees));
	}
}

/* Enters a running thread; NULL without memory. */
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

static void forget_hooks(struct tracees *tracees)
{
	if (tracees->hooks)
		tracees->hooks->forget(tracees);
}

void tracees_deinit(struct tracees *tracees)
{
	forget_hooks(tracees);
	remove_others(tracees, NULL);
}

struct error *tracees_adopt(struct tracees *tracees, pid_t tid)
{
	if (ptrace_simple(PTRACE_SETOPTIONS, tid, tracee_options(tracees)) != 0 ||
		ptrace_simple(PTRACE_INTERRUPT, tid, 0) != 0)
		return error_system(errno, "cannot stop process %d", (int)tid);
	return tracee_add(tracees, tid) ? NULL : error_no_memory();
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
			return NULL; /* it has exited, or is a zombie main thread */
		/* A traced thread created it, so it is traced already and will report. */
		if (status.tracer == tracees->tracer)
			break;
		/* The kernel refuses dying threads too, and an exec may have revived this one. */
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
 * All other threads are dead, and the one that called exec is the main thread now. The old main
 * thread vanishes without a report.
 */
static void handle_exec(struct tracees *tracees, struct tracee *tracee)
{
	remove_others(tracees, tracee);
	tracee->trap = (struct tracee_trap){.wants_stop = tracee->trap.wants_stop};
	if (tracees->attaching && tracees->mode != TRACING_LEAVING) {
		/* It is still inside execve, whose return overwrites rax, so a call injected here
		 * would be another one. Stop it at its first instruction instead. */
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
	forget_hooks(tracees);
	tracee_detach(tracees, tracee, 0);
}

/* Enters a thread at birth. Otherwise its creator could exit as the last known thread, which would
 * look like the end of the process. */
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

void tracee_continue(struct tracees *tracees, struct tracee *tracee, int signal)
{
	if (tracees->hooks)
		tracees->hooks->before_continue(tracees, tracee);
	tracee_interrupt_again(tracee);
	ptrace_simple(PTRACE_CONT, tracee->tid, (unsigned long)signal);
}

static bool hooks_allow_stop(struct tracees *tracees, struct tracee *tracee)
{
	return !tracees->hooks || tracees->hooks->stopped(tracees, tracee);
}

static void handle_stop(struct tracees *tracees, struct tracee *tracee, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);
	/* By PTRACE_INTERRUPT, at birth, or a group-stop, which `signal` caused then. */
	bool trap = event == PTRACE_EVENT_STOP;
	/* A stop at a system call is left over from an injected call that returned late. */
	int deliver = event || signal == (SIGTRAP | 0x80) ? 0 : signal;
	if (event == PTRACE_EVENT_EXEC) {
		handle_exec(tracees, tracee);
		return;
	}
	if (event == PTRACE_EVENT_CLONE)
		handle_clone(tracees, tracee->tid);
	if (!event && tracees->hooks && !tracees->hooks->before_signal(tracees, tracee, &deliver))
		return;
	switch (tracees->mode) {
	case TRACING_LEAVING:
		if (event && !hooks_allow_stop(tracees, tracee))
			return;
		tracee_detach(tracees, tracee, deliver);
		return;
	case TRACING_STOPPING:
		if (trap && !hooks_allow_stop(tracees, tracee))
			return;
		if (trap) {
			tracee->group_stop = signal == SIGTRAP ? 0 : signal;
			tracee_set_state(tracees, tracee, TRACEE_STOPPED);
			return;
		}
		/* Any other stop consumes a pending interrupt: repeat it before continuing. */
		ptrace_simple(PTRACE_INTERRUPT, tracee->tid, 0);
		tracee_continue(tracees, tracee, deliver);
		break;
	case TRACING_RUNNING:
		if (trap && signal != SIGTRAP) {
			if (!hooks_allow_stop(tracees, tracee))
				return;
			ptrace_simple(PTRACE_LISTEN, tracee->tid, 0);
		} else {
			tracee_continue(tracees, tracee, deliver);
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
		if (tracees->hooks)
			tracees->hooks->other_process(tracees, tid, status);
		return; /* a child of the debugger that is not a thread of the target */
	}
	/* The main thread's exit is reported last: there are no threads left. */
	if (tid == tracees->pid) {
		tracees->last_status = status;
		remove_others(tracees, NULL);
	}
	if (!tracees->table && tracees->mode != TRACING_LEAVING &&
		(tid == tracees->pid || !tracees->attaching))
		tracees->ended = true;
}

/* Handles a stop of an unknown thread: a new one, or a child process that is traced because it was
 * cloned in an unusual way. Returns its tracee, or NULL if there is nothing more to do. */
static struct tracee *adopt(struct tracees *tracees, pid_t tid, int status)
{
	struct process_status process;
	if (proc_read_status(tid, &process) == 0 && process.tgid == tracees->pid) {
		struct tracee *tracee = tracee_add(tracees, tid);
		if (tracee)
			return tracee;
	}
	if (tracees->hooks && tracees->hooks->other_process(tracees, tid, status))
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
 * Keeps a thread stopped that has executed the int3 in the program's own code. The signal is
 * dropped: the process would die of it. After LEAVING it does, as if there were no debugger.
 */
static bool stop_at_own_trap(struct tracees *tracees, struct tracee *tracee, int signal)
{
	siginfo_t info;
	uint64_t rip;
	if (signal != SIGTRAP || !tracees->own_trap || tracees->mode == TRACING_LEAVING ||
		tracees->attaching || !tracee_get_rip(tracee->tid, &rip) ||
		rip != tracees->own_trap + 1 ||
		ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info) != 0 ||
		info.si_code != SI_KERNEL)
		return false;
	tracee_collect(tracee->tid);
	tracee->group_stop = 0;
	tracee_set_state(tracees, tracee, TRACEE_STOPPED);
	tracee->at_own_trap = true;
	tracees->stop_wanted = tracee->tid;
	return true;
}

/*
 * Handles stops for signals before their reports are collected. Collecting takes the signal from
 * the kernel: if we were killed then, the thread would never get it, or would resume after an int3,
 * inside an instruction. Continuing the thread collects the report. False: the report is of another
 * kind.
 */
static bool take_signal(struct tracees *tracees, const siginfo_t *report)
{
	int signal = report->si_status;
	struct tracee *tracee = tracee_find(tracees, report->si_pid);
	if (report->si_code != CLD_TRAPPED || !tracee)
		return false;
	enum hook_answer answer = tracees->hooks
					  ? tracees->hooks->report(tracees, tracee, report, &signal)
					  : HOOK_IGNORED;
	if (answer == HOOK_HANDLED)
		return true;
	if (answer == HOOK_IGNORED && signal >> 8)
		return false; /* an event, not a signal */
	if (answer == HOOK_IGNORED && stop_at_own_trap(tracees, tracee, signal))
		return true;
	handle_stop(tracees, tracee, W_STOPCODE(signal));
	return true;
}

/* Only children and tracees of this thread, not the children of the main thread (`command |
 * less`). */
bool tracee_take_report(struct tracees *tracees, pid_t tid)
{
	int status, flags = __WALL | __WNOTHREAD | WNOHANG;
	siginfo_t report = {.si_pid = 0};
	if (waitid(tid == -1 ? P_ALL : P_PID, tid == -1 ? 0 : (id_t)tid, &report,
		    flags | WEXITED | WSTOPPED | WNOWAIT) != 0 ||
		!report.si_pid)
		return false;
	if (report.si_code == CLD_STOPPED) {
		/* A child that is not a tracee; waitid() would report it again and again. */
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
