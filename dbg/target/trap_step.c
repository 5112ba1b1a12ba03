/*
 * A signal has come to a thread that is about to execute a displaced instruction, or is in the
 * middle of it. The program's handler must find it before or behind that instruction; before would
 * mean a second hit. So the signal is held, the thread executes the instruction with all signals
 * blocked that can wait, and gets the signal then, with the same siginfo.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dbg/target/traps_private.h"

enum { MAX_STEPS = 1 << 16, SPINS = 200 };

/* A step that reads from a slow disk takes its time. */
static const int64_t patience_ns = INT64_C(2000000000);

struct step {
	struct tracees *tracees;
	struct tracee *tracee;
	const struct trap *trap;
	siginfo_t held;
	uint64_t mask;	      /* the thread's own */
	bool interrupt_again; /* it was interrupted or stopped meanwhile, which must be seen again
			       */
	int queue_anew;	      /* see exchange(); 0: none */
	bool stop_again;      /* SIGSTOP came, which cannot be blocked */
};

/* All but those that an instruction itself can raise: blocked, they would end the process. */
static uint64_t step_mask(void)
{
	static const int of_instructions[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGKILL, SIGSTOP};
	uint64_t mask = UINT64_MAX;
	for (size_t i = 0; i < array_length(of_instructions); i++)
		mask &= ~(UINT64_C(1) << (of_instructions[i] - 1));
	return mask;
}

/* Waits for the thread's next report, which is not collected yet; false when there is none in time.
 */
static bool await_report(pid_t tid, siginfo_t *ret)
{
	int64_t deadline = 0;
	for (int i = 0;; i++) {
		ret->si_pid = 0;
		if (waitid(P_PID, (id_t)tid, ret,
			    WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) != 0)
			return false;
		if (ret->si_pid)
			return true;
		if (i < SPINS) {
			sched_yield();
			continue;
		}
		int64_t now = monotonic_now();
		if (!deadline)
			deadline = now + patience_ns;
		if (now > deadline)
			return false;
		const struct timespec pause = {.tv_nsec = 50000};
		nanosleep(&pause, NULL);
	}
}

/* What to do next with a thread that stepping has brought to a report. */
enum outcome { STEP_ON, STEP_DONE, STEP_GONE };

/* Puts the thread at `rip`'s place in the program's eyes, if it is through with the instruction. */
static bool is_through(struct step *step, bool must_show)
{
	pid_t tid = step->tracee->tid;
	uint64_t rip;
	if (!tracee_get_rip(tid, &rip))
		return true;
	const struct displaced_state *state = displaced_locate(&step->trap->displaced, rip);
	if (!state)
		return true; /* the instruction has jumped there */
	if (!state->done && !must_show)
		return false;
	tracee_set_state(tid, state);
	return true;
}

/*
 * Another signal has come, sent by somebody, that may not be blocked while we step: it is held
 * instead of the first one, which the kernel queues anew, with its siginfo, because it is blocked.
 */
static bool exchange(struct step *step, const siginfo_t *info)
{
	if (!(step_mask() >> (step->held.si_signo - 1) & 1)) {
		syscall(SYS_tgkill, step->tracees->pid, step->tracee->tid, info->si_signo);
		is_through(step, true);
		return false;
	}
	ptrace(PTRACE_SETSIGINFO, step->tracee->tid, NULL, &step->held);
	step->queue_anew = step->held.si_signo;
	step->held = *info;
	return true;
}

static enum outcome take(struct step *step, const siginfo_t *report)
{
	pid_t tid = step->tracee->tid;
	int status = report->si_status, event = status >> 8, signal = status & 0x7F;
	siginfo_t info;
	if (report->si_code != CLD_TRAPPED)
		return STEP_GONE;
	if (event) {
		/* PTRACE_INTERRUPT or a group-stop; a group-stop goes on being in effect for the
		 * others. */
		step->interrupt_again = true;
		return STEP_ON;
	}
	if (signal == SIGSTOP) {
		step->stop_again = true;
		return STEP_ON;
	}
	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) != 0)
		return STEP_GONE;
	if (signal == SIGTRAP && info.si_code == TRAP_TRACE)
		return is_through(step, false) ? STEP_DONE : STEP_ON;
	if (info.si_code <= 0)
		return exchange(step, &info) ? STEP_ON : STEP_DONE;
	/* The instruction faults. With the held signal delivered first, where it has not been
	 * executed, the thread will fault again. */
	is_through(step, true);
	return STEP_DONE;
}

static enum outcome run(struct step *step)
{
	pid_t tid = step->tracee->tid;
	for (int i = 0; i < MAX_STEPS; i++) {
		siginfo_t report;
		unsigned long queue_anew = (unsigned long)step->queue_anew;
		step->queue_anew = 0;
		if (trace(PTRACE_SINGLESTEP, tid, queue_anew) != 0 || !await_report(tid, &report))
			return STEP_GONE;
		enum outcome outcome = take(step, &report);
		if (outcome != STEP_ON)
			return outcome;
		int status;
		waitpid(tid, &status, __WALL | __WNOTHREAD | WNOHANG);
	}
	is_through(step, true); /* a long rep: it will come to the trap once more */
	return STEP_DONE;
}

bool traps_step_out(struct tracees *tracees, struct tracee *tracee, struct trap *trap, int *signal)
{
	pid_t tid = tracee->tid;
	struct step step = {.tracees = tracees, .tracee = tracee, .trap = trap};
	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &step.held) != 0 ||
		!tracee_get_mask(tid, &step.mask))
		return false;
	trap_area_write_step_mask(&tracees->traps->area, step.mask);
	tracee_set_mask(tid, step.mask | step_mask());
	if (run(&step) == STEP_GONE) {
		/* Its end will be reported, or it is stuck in the kernel. */
		set_condition(tracees, tracee, TRACEE_RUNNING);
		return false;
	}
	tracee_set_mask(tid, step.mask);
	ptrace(PTRACE_SETSIGINFO, tid, NULL, &step.held);
	*signal = step.held.si_signo;
	int status;
	waitpid(tid, &status, __WALL | __WNOTHREAD | WNOHANG);
	if (step.stop_again)
		syscall(SYS_tgkill, tracees->pid, tid, SIGSTOP);
	if (step.interrupt_again)
		trace(PTRACE_INTERRUPT, tid, 0);
	return true;
}
