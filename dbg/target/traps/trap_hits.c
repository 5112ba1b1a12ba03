/* Hits: calling the handler, and resuming or stopping the thread. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "dbg/target/traps/traps_private.h"

enum { AGAIN_MS = 1 };

/* The interval of checking whether the program has a handler for SIGTRAP, until it has. */
static const int64_t action_check_ns = INT64_C(20000000);

size_t trap_read(const struct trap_hit *hit, uint64_t address, void *ret, size_t size)
{
	struct iovec local = {ret, size};
	struct iovec remote = {(void *)address, size}; // NOLINT: an address in the target
	ssize_t n = process_vm_readv(hit->tid, &local, 1, &remote, 1, 0);
	if (n == (ssize_t)size)
		return size;
	/* The call copies only whole iovecs, so read page by page to get a part. */
	size_t done = n > 0 ? (size_t)n : 0;
	while (done < size) {
		size_t part = 4096 - (size_t)((address + done) % 4096);
		local = (struct iovec){
			(uint8_t *)ret + done, part < size - done ? part : size - done};
		remote = (struct iovec){(void *)(address + done), local.iov_len}; // NOLINT
		n = process_vm_readv(hit->tid, &local, 1, &remote, 1, 0);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

uint64_t trap_vector_register(const struct trap_hit *hit, uint64_t number)
{
	uint64_t values[VECTOR_REGISTERS];
	bool known = number < VECTOR_REGISTERS && tracee_get_vectors(hit->tid, values);
	return known ? values[number] : 0;
}

/* Whether the SIGTRAP is of an int3. If the instruction at the trap has one byte, rip - 1 alone
 * does not prove it. */
static bool is_int3(pid_t tid)
{
	siginfo_t info;
	return ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) == 0 && info.si_code == SI_KERNEL;
}

/*
 * Renews our action for SIGTRAP: the kernel resets it, and unblocks the signal, if the thread had
 * SIGTRAP blocked; and the program may have installed its own since. `tracee` is stopped at the
 * trap. False: it has died. Afterwards its group_stop is set if the process has been stopped
 * (SIGSTOP …) in the meantime.
 */
static bool check_action(struct tracees *tracees, struct tracee *tracee, const struct trap *trap,
	const struct user_regs_struct *regs, uint64_t mask)
{
	struct traps *traps = traps_of(tracees);
	int64_t now = traps->area.action_changed ? 0 : monotonic_now();
	if (!traps->area.action_changed) {
		if (now - traps->action_checked_ns < action_check_ns)
			return true;
		traps->action_checked_ns = now;
	} else if (!mask) {
		return true;
	}
	bool was_reset = false;
	pid_t tid = tracee->tid;
	size_t generation = tracees->generation;
	tracee_set_state(tracees, tracee, TRACEE_STOPPED);
	error_destroy(trap_area_renew_action(&traps->area, tracees, tid, &was_reset));
	if (tracees->generation != generation || traps_of(tracees) != traps ||
		tracee_find(tracees, tid) != tracee)
		return false;
	tracee_set_state(tracees, tracee, TRACEE_RUNNING);
	/* A signal was delivered in the meantime and the thread is in its handler: it will hit the
	 * trap once more. */
	uint64_t rip;
	if (tracee_get_rip(tracee->tid, &rip) && rip != trap->address) {
		tracee->trap.passed_trap = trap->address;
		tracee->trap.passed_stack = regs->rsp;
	} else if (was_reset) {
		mask |= UINT64_C(1) << (SIGTRAP - 1);
		tracee_set_mask(tracee->tid, mask);
	}
	return true;
}

static enum trap_answer ask(struct tracees *tracees, struct tracee *tracee, const struct trap *trap,
	const struct user_regs_struct *regs)
{
	struct traps *traps = traps_of(tracees);
	bool passed =
		tracee->trap.passed_trap == trap->address && tracee->trap.passed_stack == regs->rsp;
	tracee->trap.passed_trap = 0;
	if (passed)
		return TRAP_GO_ON;
	const struct trap_hit hit = {tracee->tid, trap->address, regs, traps->target};
	return traps->handler.hit(traps->handler.context, &hit);
}

/* Leaves it stopped before the trap's instruction. `reported`: it does not hit the trap again when
 * it continues. */
static void keep_stopped(
	struct tracees *tracees, struct tracee *tracee, const struct trap *trap, bool reported)
{
	bool moved = tracee->trap.passed_trap != 0; /* to a signal handler */
	if (!moved)
		tracee_set_rip(tracee->tid, trap->address);
	tracee_collect(tracee->tid);
	if (reported && !moved)
		traps_show_at(tracee, trap, trap->address, 0);
	tracee_set_state(tracees, tracee, TRACEE_STOPPED);
}

static void continue_displaced(
	struct tracees *tracees, struct tracee *tracee, const struct trap *trap)
{
	if (!tracee->trap.passed_trap)
		tracee_set_rip(tracee->tid, trap->displaced.slot);
	tracee_interrupt_again(tracee);
	ptrace_simple(PTRACE_CONT, tracee->tid, 0);
	tracee_set_state(tracees, tracee, TRACEE_RUNNING);
}

static bool take_group_stop(struct tracee *tracee)
{
	bool held = tracee->group_stop != 0;
	tracee->group_stop = 0;
	return held;
}

/* Continues or stops the thread, depending on the handler's answer and the mode. */
static void apply_answer(struct tracees *tracees, struct tracee *tracee, const struct trap *trap,
	enum trap_answer answer)
{
	struct traps *traps = traps_of(tracees);
	if (answer == TRAP_STOP) {
		tracee->trap.wants_stop = true;
		tracees->stop_wanted = tracee->tid;
	}
	if (tracees->mode == TRACING_STOPPING)
		tracee->interrupt_again = false;
	/* The injected calls have consumed the report of the group-stop; interrupt the thread to
	 * get it again. */
	if (take_group_stop(tracee))
		tracee->interrupt_again = true;
	if (tracees->mode == TRACING_STOPPING) {
		keep_stopped(tracees, tracee, trap, answer != TRAP_AGAIN);
	} else if (answer == TRAP_GO_ON) {
		continue_displaced(tracees, tracee, trap);
	} else {
		keep_stopped(tracees, tracee, trap, answer == TRAP_STOP);
		if (answer == TRAP_AGAIN) {
			if (!traps->waiting++)
				traps->waiting_since_ns = monotonic_now();
			tracee->trap.waiting = true;
		}
	}
}

static bool handle_sigtrap(struct tracees *tracees, struct tracee *tracee)
{
	struct traps *traps = traps_of(tracees);
	struct user_regs_struct regs;
	pid_t tid = tracee->tid;
	if (!tracee_get_regs(tracee->tid, &regs))
		return false;
	const struct trap *trap = traps_find(traps, regs.rip - 1);
	if (!trap || (trap->displaced.length == 1 && !is_int3(tracee->tid)))
		return false;
	regs.rip--;
	if (traps->leaving) {
		tracee->trap.passed_trap = 0;
		keep_stopped(tracees, tracee, trap, false);
		if (tracees->mode == TRACING_LEAVING)
			tracee_detach(tracees, tracee, 0);
		return true;
	}
	uint64_t mask = 0;
	tracee->group_stop = 0; /* it was running */
	tracee_get_mask(tracee->tid, &mask);
	enum trap_answer answer = ask(tracees, tracee, trap, &regs);
	if (mask || !traps->area.action_changed) {
		tracee_set_rip(tracee->tid, trap->address);
		if (!check_action(tracees, tracee, trap, &regs, mask)) {
			/* The handler has queued its event already; do not drop the stop. */
			if (answer == TRAP_STOP && !tracees->ended && !tracees->execed)
				tracees->stop_wanted = tid;
			return true;
		}
	}
	apply_answer(tracees, tracee, trap, answer);
	if (answer == TRAP_GO_ON)
		idle_spinner_hit(&traps->spinner, tracee->tid);
	return true;
}

enum hook_answer traps_on_report(
	struct tracees *tracees, struct tracee *tracee, const siginfo_t *report, int *ret_signal)
{
	int status = report->si_status;
	if (tracee->trap.step.active && status >> 8 != PTRACE_EVENT_EXEC)
		return traps_continue_stepping(tracees, tracee, report, ret_signal) ? HOOK_SIGNAL
										    : HOOK_HANDLED;
	return status == SIGTRAP && handle_sigtrap(tracees, tracee) ? HOOK_HANDLED : HOOK_IGNORED;
}

static int resume_waiting(struct tracees *tracees)
{
	struct traps *traps = traps_of(tracees);
	if (!traps->waiting)
		return -1;
	if (monotonic_now() - traps->waiting_since_ns < AGAIN_MS * INT64_C(1000000))
		return AGAIN_MS;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (!tracee->trap.waiting || tracee->state != TRACEE_STOPPED)
			continue;
		tracee_continue(tracees, tracee, 0);
		tracee_set_state(tracees, tracee, TRACEE_RUNNING);
	}
	traps->waiting = 0; /* the others have died */
	return AGAIN_MS;
}

int traps_tick(struct tracees *tracees)
{
	struct traps *traps = traps_of(tracees);
	if (!traps)
		return -1;
	if (tracees->mode != TRACING_RUNNING) {
		idle_spinner_pause(&traps->spinner);
		return -1;
	}
	int waiting_ms = resume_waiting(tracees);
	int spinner_ms = idle_spinner_relax(&traps->spinner);
	return waiting_ms < 0 || (spinner_ms >= 0 && spinner_ms < waiting_ms) ? spinner_ms
									      : waiting_ms;
}
