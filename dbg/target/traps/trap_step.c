/*
 * Signals that arrive during a displaced instruction. The program's handler must find the thread
 * before or after the instruction; before would mean a second hit. So the signal is held back, the
 * thread executes the instruction with all signals blocked that can wait, and then gets the signal,
 * with the same siginfo.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dbg/target/traps/traps_private.h"

enum { MAX_STEPS = 1 << 16, SPINS = 200 };

/* A step that reads from a slow disk takes long; other threads must not wait for it. */
static const int64_t patience_ns = INT64_C(20000000);

struct step {
	struct tracees *tracees;
	struct tracee *tracee;
	const struct trap *trap;
	struct held_step *state;
};

/* All but those that an instruction can raise, which would end the process if they were blocked. */
static uint64_t step_mask(void)
{
	static const int of_instructions[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGKILL, SIGSTOP};
	uint64_t mask = UINT64_MAX;
	for (size_t i = 0; i < array_length(of_instructions); i++)
		mask &= ~(UINT64_C(1) << (of_instructions[i] - 1));
	return mask;
}

/* Waits for the thread's next report, without collecting it. False: there is none in time. */
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

/* What to do after a report during stepping. */
enum outcome { STEP_ON, STEP_DONE, STEP_GONE, STEP_SLOW };

/* If the thread has executed the instruction, or if `must_move`, moves it to its location as the
 * program sees it. False: it is still executing the instruction. */
static bool move_if_done(struct step *step, bool must_move)
{
	pid_t tid = step->tracee->tid;
	uint64_t rip;
	if (!tracee_get_rip(tid, &rip))
		return true;
	const struct displaced_state *state = displaced_locate(&step->trap->displaced, rip);
	if (!state)
		return true; /* the instruction has jumped there */
	if (!state->done && !must_move)
		return false;
	traps_move_to(tid, state);
	return true;
}

/*
 * Another signal has arrived that was sent and cannot be blocked while we step. It is held back
 * instead of the first one, which the kernel queues anew, with its siginfo, because it is blocked.
 */
static bool exchange(struct step *step, const siginfo_t *info)
{
	if (!(step_mask() >> (step->state->held.si_signo - 1) & 1)) {
		syscall(SYS_tgkill, step->tracees->pid, step->tracee->tid, info->si_signo);
		move_if_done(step, true);
		return false;
	}
	ptrace(PTRACE_SETSIGINFO, step->tracee->tid, NULL, &step->state->held);
	step->state->queue_anew = step->state->held.si_signo;
	step->state->held = *info;
	return true;
}

static enum outcome take(struct step *step, const siginfo_t *report)
{
	pid_t tid = step->tracee->tid;
	int status = report->si_status, event = status >> 8, signal = status & 0x7F;
	siginfo_t info;
	/* After an exec the thread executes another program. */
	if (report->si_code != CLD_TRAPPED || event == PTRACE_EVENT_EXEC)
		return STEP_GONE;
	if (event) {
		/* PTRACE_INTERRUPT, or a group-stop, which stays in effect for the other
		 * threads. */
		step->state->interrupt_again = true;
		return STEP_ON;
	}
	if (signal == SIGSTOP) {
		step->state->stop_again = true;
		return STEP_ON;
	}
	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) != 0)
		return STEP_GONE;
	if (signal == SIGTRAP && info.si_code == TRAP_TRACE)
		return move_if_done(step, false) ? STEP_DONE : STEP_ON;
	if (info.si_code <= 0)
		return exchange(step, &info) ? STEP_ON : STEP_DONE;
	/* The instruction faults. Deliver the held signal before the instruction; it will fault
	 * again afterwards. */
	move_if_done(step, true);
	return STEP_DONE;
}

/* Handles one uncollected report. STEP_ON: it has been collected, make the next step. */
static enum outcome take_one(struct step *step, const siginfo_t *report)
{
	enum outcome outcome = take(step, report);
	if (outcome == STEP_ON)
		tracee_collect(step->tracee->tid);
	return outcome;
}

static enum outcome step_on(struct step *step)
{
	pid_t tid = step->tracee->tid;
	for (int i = 0; i < MAX_STEPS; i++) {
		siginfo_t report;
		unsigned long queue_anew = (unsigned long)step->state->queue_anew;
		step->state->queue_anew = 0;
		if (ptrace_simple(PTRACE_SINGLESTEP, tid, queue_anew) != 0)
			return STEP_GONE;
		if (!await_report(tid, &report))
			return STEP_SLOW;
		enum outcome outcome = take_one(step, &report);
		if (outcome != STEP_ON)
			return outcome;
	}
	move_if_done(step, true); /* a long rep: it will hit the trap once more */
	return STEP_DONE;
}

/*
 * Ends stepping, with the last report uncollected. The report is collected before the siginfo is
 * replaced: if we were killed in between, the thread would get a SIGTRAP with the siginfo of
 * another signal.
 */
static bool finish(struct step *step, enum outcome outcome, int *signal)
{
	struct held_step *state = step->state;
	pid_t tid = step->tracee->tid;
	state->active = outcome == STEP_SLOW;
	if (outcome == STEP_GONE || outcome == STEP_SLOW) {
		/* Its end will be reported, or it is blocked in the kernel and reports later. */
		tracee_set_state(step->tracees, step->tracee, TRACEE_RUNNING);
		return false;
	}
	tracee_set_mask(tid, state->mask);
	tracee_collect(tid);
	ptrace(PTRACE_SETSIGINFO, tid, NULL, &state->held);
	*signal = state->held.si_signo;
	if (state->stop_again)
		syscall(SYS_tgkill, step->tracees->pid, tid, SIGSTOP);
	if (state->interrupt_again)
		ptrace_simple(PTRACE_INTERRUPT, tid, 0);
	return true;
}

bool traps_step_out(struct tracees *tracees, struct tracee *tracee, struct trap *trap, int *signal)
{
	pid_t tid = tracee->tid;
	struct held_step *state = &tracee->trap.step;
	struct step step = {tracees, tracee, trap, state};
	*state = (struct held_step){.active = true, .trap = trap->address};
	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &state->held) != 0 ||
		!tracee_get_mask(tid, &state->mask)) {
		state->active = false;
		return false;
	}
	trap_area_write_step_mask(&traps_of(tracees)->area, state->mask);
	tracee_set_mask(tid, state->mask | step_mask());
	return finish(&step, step_on(&step), signal);
}

bool traps_continue_stepping(
	struct tracees *tracees, struct tracee *tracee, const siginfo_t *report, int *signal)
{
	const struct trap *trap = traps_find(traps_of(tracees), tracee->trap.step.trap);
	struct step step = {tracees, tracee, trap, &tracee->trap.step};
	enum outcome outcome = trap ? take_one(&step, report) : STEP_DONE;
	return finish(&step, outcome == STEP_ON ? step_on(&step) : outcome, signal);
}
