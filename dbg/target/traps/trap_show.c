/*
 * The location of a thread as the program sees it while it executes a displaced instruction.
 *
 * A running thread may be in the area at any time. A thread that is stopped, or whose state the
 * program sees (a signal), never is: it is moved to where it would be without traps, and moved back
 * (`shown` in struct tracee_trap) before it continues.
 */
#include <signal.h>
#include <sys/ptrace.h>

#include "dbg/target/traps/traps_private.h"

bool traps_move_to(pid_t tid, const struct displaced_state *state)
{
	struct user_regs_struct regs;
	if (!state->stack_change)
		return tracee_set_rip(tid, state->rip);
	if (!tracee_get_regs(tid, &regs))
		return false;
	regs.rsp += (unsigned long long)state->stack_change;
	regs.rip = state->rip;
	return tracee_set_regs(tid, &regs);
}

/* ---- Where a thread is shown ---- */

void traps_show_at(struct tracee *tracee, const struct trap *trap, uint64_t shown, uint8_t offset)
{
	tracee->trap.shown = shown;
	tracee->trap.shown_trap = trap->address;
	tracee->trap.shown_offset = offset;
}

void traps_before_continue(struct tracees *tracees, struct tracee *tracee)
{
	struct traps *traps = traps_of(tracees);
	if (tracee->trap.waiting) {
		tracee->trap.waiting = false;
		traps->waiting--;
	}
	if (!tracee->trap.shown)
		return;
	uint64_t shown = tracee->trap.shown, rip;
	tracee->trap.shown = 0;
	const struct trap *trap = traps_find(traps, tracee->trap.shown_trap);
	/* Something else may have moved it in the meantime. */
	if (trap && !traps->leaving && tracee_get_rip(tracee->tid, &rip) && rip == shown)
		tracee_set_rip(tracee->tid, trap->displaced.slot + tracee->trap.shown_offset);
}

static bool is_of_int3(const siginfo_t *info)
{
	return info->si_signo == SIGTRAP && info->si_code == SI_KERNEL;
}

/* A fault of the instruction itself, which the program must see at its own address. */
static bool is_fault(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
		return info->si_code > 0;
	default:
		return false;
	}
}

/* Continues a stopped thread so that it reports its pending signal first; it executes no code of
 * the program before. */
static void report_first(struct tracees *tracees, struct tracee *tracee)
{
	tracee->interrupt_again = true;
	ptrace_simple(PTRACE_CONT, tracee->tid, 0);
	tracee_set_state(tracees, tracee, TRACEE_RUNNING);
}

/*
 * A SIGTRAP of the program's own goes through our handler, which only passes it on. Moves a thread
 * in there to where the handler jumps. False: it was elsewhere.
 */
static bool leave_handler(const struct traps *traps, pid_t tid, uint64_t rip)
{
	if (rip < traps->area.code || rip >= traps->area.slots)
		return false;
	tracee_set_rip(tid, traps->area.old.handler);
	return true;
}

bool traps_on_stop(struct tracees *tracees, struct tracee *tracee)
{
	struct traps *traps = traps_of(tracees);
	uint64_t rip;
	if (!tracee_get_rip(tracee->tid, &rip))
		return true;
	if (!trap_area_contains(&traps->area, rip)) {
		if (!traps_find(traps, rip - 1) || !tracee_has_pending(tracee->tid, is_of_int3))
			return true;
		report_first(tracees, tracee);
		return false;
	}
	if (leave_handler(traps, tracee->tid, rip))
		return true;
	const struct trap *trap = traps_find_slot(traps, rip);
	const struct displaced_state *state = trap ? displaced_locate(&trap->displaced, rip) : NULL;
	if (!state)
		return true;
	/* Its siginfo has an address in the area, which may be unmapped later. */
	if (!state->done && tracee_has_pending(tracee->tid, is_fault)) {
		report_first(tracees, tracee);
		return false;
	}
	if (!state->done)
		traps_show_at(tracee, trap, state->rip, 0);
	else if (trap->displaced.restarts)
		traps_show_at(tracee, trap, state->rip, state->offset);
	traps_move_to(tracee->tid, state);
	return true;
}

/* ---- Signals ---- */

static void show_fault(const struct traps *traps, const struct tracee *tracee,
	const struct displaced_state *state, siginfo_t *info)
{
	traps_move_to(tracee->tid, state);
	/* For these signals si_addr is the instruction's address. */
	if ((info->si_signo == SIGILL || info->si_signo == SIGFPE) &&
		trap_area_contains(&traps->area, (uint64_t)info->si_addr)) {
		info->si_addr = (void *)state->rip; // NOLINT: an address in the target
		ptrace(PTRACE_SETSIGINFO, tracee->tid, NULL, info);
	}
}

bool traps_before_signal(struct tracees *tracees, struct tracee *tracee, int *signal)
{
	struct traps *traps = traps_of(tracees);
	uint64_t rip;
	siginfo_t info;
	if (!tracee_get_rip(tracee->tid, &rip) || !trap_area_contains(&traps->area, rip) ||
		leave_handler(traps, tracee->tid, rip))
		return true;
	struct trap *trap = traps_find_slot(traps, rip);
	const struct displaced_state *state = trap ? displaced_locate(&trap->displaced, rip) : NULL;
	if (!state || ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info) != 0)
		return true;
	if (!state->done && is_fault(&info)) {
		show_fault(traps, tracee, state, &info);
		return true;
	}
	if (!state->done && !trap->displaced.restarts)
		return traps_step_out(tracees, tracee, trap, signal);
	/* Do not step a system call, which may block: the thread will hit the trap once more. */
	if (!state->done) {
		struct user_regs_struct regs;
		if (tracee_get_regs(tracee->tid, &regs)) {
			tracee->trap.passed_trap = trap->address;
			tracee->trap.passed_stack = regs.rsp;
		}
	}
	traps_move_to(tracee->tid, state);
	return true;
}
