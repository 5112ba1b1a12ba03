/*
 * What is done when a thread comes to a trap, or is found in the area where displaced instructions are executed.
 *
 * A thread that runs may be in the area at any time; one that stands, or that is shown to the program (a signal), never
 * is: it is moved to where it would be without traps, and moved back (`shown` in struct tracee) before it goes on.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dbg/target/traps_private.h"

enum { PEEK_COUNT = 16, AGAIN_MS = 1 };

/* How often it is checked whether the program has a handler for SIGTRAP, until it has. */
static const int64_t action_check_ns = INT64_C(20000000);

/* ---- Registers ---- */

bool tracee_get_rip(pid_t tid, uint64_t *ret)
{
	errno = 0;
	long rip = ptrace(PTRACE_PEEKUSER, tid,
		(void *)offsetof(struct user, regs.rip), NULL); // NOLINT: the interface wants it
	*ret = (uint64_t)rip;
	return errno == 0;
}

static bool set_register(pid_t tid, size_t offset, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, tid, (void *)offset, (void *)value) == 0; // NOLINT
}

bool tracee_set_rip(pid_t tid, uint64_t rip)
{
	return set_register(tid, offsetof(struct user, regs.rip), rip);
}

bool tracee_set_state(pid_t tid, const struct displaced_state *state)
{
	struct user_regs_struct regs;
	if (!state->stack_change)
		return tracee_set_rip(tid, state->rip);
	if (ptrace(PTRACE_GETREGS, tid, NULL, &regs) != 0)
		return false;
	regs.rsp += (unsigned long long)state->stack_change;
	regs.rip = state->rip;
	return ptrace(PTRACE_SETREGS, tid, NULL, &regs) == 0;
}

size_t trap_read(const struct trap_hit *hit, uint64_t address, void *ret, size_t size)
{
	struct iovec local = {ret, size};
	struct iovec remote = {(void *)address, size}; // NOLINT: an address over there
	ssize_t n = process_vm_readv(hit->tid, &local, 1, &remote, 1, 0);
	if (n == (ssize_t)size)
		return size;
	/* It copies whole elements only, so that a part is had page by page. */
	size_t done = n > 0 ? (size_t)n : 0;
	while (done < size) {
		size_t part = 4096 - (size_t)((address + done) % 4096);
		local = (struct iovec){(uint8_t *)ret + done, part < size - done ? part : size - done};
		remote = (struct iovec){(void *)(address + done), local.iov_len}; // NOLINT
		n = process_vm_readv(hit->tid, &local, 1, &remote, 1, 0);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* ---- Where a thread is shown ---- */

static void show_at(struct tracee *tracee, const struct trap *trap, uint64_t shown, uint8_t offset)
{
	tracee->shown = shown;
	tracee->shown_trap = trap->address;
	tracee->shown_offset = offset;
}

void traps_before_go_on(struct tracees *tracees, struct tracee *tracee)
{
	struct traps *traps = tracees->traps;
	if (tracee->waiting) {
		tracee->waiting = false;
		traps->waiting--;
	}
	if (!tracee->shown)
		return;
	uint64_t shown = tracee->shown, rip;
	tracee->shown = 0;
	const struct trap *trap = traps_find(traps, tracee->shown_trap);
	/* Somebody may have moved it meanwhile. */
	if (trap && !traps->leaving && tracee_get_rip(tracee->tid, &rip) && rip == shown)
		tracee_set_rip(tracee->tid, trap->displaced.slot + tracee->shown_offset);
}

bool tracee_has_pending_int3(pid_t tid)
{
	siginfo_t infos[PEEK_COUNT];
	struct __ptrace_peeksiginfo_args arguments = {.off = 0, .flags = 0, .nr = PEEK_COUNT};
	long count;
	while ((count = ptrace(PTRACE_PEEKSIGINFO, tid, &arguments, infos)) > 0) {
		for (long i = 0; i < count; i++) {
			if (infos[i].si_signo == SIGTRAP && infos[i].si_code == SI_KERNEL)
				return true;
		}
		arguments.off += (uint64_t)count;
	}
	return false;
}

/*
 * A SIGTRAP of the program's own goes through our handler, which only passes it on: a thread in there is taken to where that jumps.
 * True: it was.
 */
static bool leave_handler(const struct traps *traps, pid_t tid, uint64_t rip)
{
	if (rip < traps->area.code || rip >= traps->area.slots)
		return false;
	tracee_set_rip(tid, traps->area.old.handler);
	return true;
}

bool traps_on_stand(struct tracees *tracees, struct tracee *tracee)
{
	struct traps *traps = tracees->traps;
	uint64_t rip;
	if (!tracee_get_rip(tracee->tid, &rip))
		return true;
	if (!trap_area_contains(&traps->area, rip)) {
		if (!traps_find(traps, rip - 1) || !tracee_has_pending_int3(tracee->tid))
			return true;
		tracee->interrupt_again = true;
		trace(PTRACE_CONT, tracee->tid, 0);
		set_condition(tracees, tracee, TRACEE_RUNNING);
		return false;
	}
	if (leave_handler(traps, tracee->tid, rip))
		return true;
	const struct trap *trap = traps_find_slot(traps, rip);
	const struct displaced_state *state = trap ? displaced_locate(&trap->displaced, rip) : NULL;
	if (!state)
		return true;
	if (!state->done)
		show_at(tracee, trap, state->rip, 0);
	else if (trap->displaced.restarts)
		show_at(tracee, trap, state->rip, state->offset);
	tracee_set_state(tracee->tid, state);
	return true;
}

/* ---- Hits ---- */

static void collect(pid_t tid)
{
	int status;
	waitpid(tid, &status, __WALL | __WNOTHREAD | WNOHANG);
}

/* An instruction of one byte has been executed there as well. */
static bool is_int3(pid_t tid)
{
	siginfo_t info;
	return ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) == 0 && info.si_code == SI_KERNEL;
}

/*
 * The kernel has reset the action for SIGTRAP, and unblocked it, when the thread had it blocked; the program may have set
 * up its own since. `tracee` stands at the trap.
 */
static void check_action(struct tracees *tracees, struct tracee *tracee, const struct trap *trap,
	const struct user_regs_struct *regs, uint64_t mask)
{
	struct traps *traps = tracees->traps;
	int64_t now = traps->area.action_changed ? 0 : monotonic_now();
	if (!traps->area.action_changed) {
		if (now - traps->action_checked_ns < action_check_ns)
			return;
		traps->action_checked_ns = now;
	} else if (!mask) {
		return;
	}
	bool was_reset = false;
	set_condition(tracees, tracee, TRACEE_STOPPED);
	error_destroy(trap_area_renew_action(&traps->area, tracees, tracee->tid, &was_reset));
	set_condition(tracees, tracee, TRACEE_RUNNING);
	/* A signal has come meanwhile, and the thread is in its handler: it comes to the trap once more. */
	uint64_t rip;
	if (tracee_get_rip(tracee->tid, &rip) && rip != trap->address) {
		tracee->passed_trap = trap->address;
		tracee->passed_stack = regs->rsp;
	} else if (was_reset) {
		mask |= UINT64_C(1) << (SIGTRAP - 1);
		ptrace(PTRACE_SETSIGMASK, tracee->tid, (void *)sizeof(mask), &mask); // NOLINT
	}
}

static enum trap_answer ask(struct tracees *tracees, struct tracee *tracee, const struct trap *trap,
	const struct user_regs_struct *regs)
{
	struct traps *traps = tracees->traps;
	bool passed = tracee->passed_trap == trap->address && tracee->passed_stack == regs->rsp;
	tracee->passed_trap = 0;
	if (passed)
		return TRAP_GO_ON;
	const struct trap_hit hit = {tracee->tid, trap->address, regs, traps->target};
	return traps->handler.hit(traps->handler.context, &hit);
}

/* It stays where it is, before the trap's instruction; `reported`: which it executes next. */
static void stand(
	struct tracees *tracees, struct tracee *tracee, const struct trap *trap, bool reported)
{
	bool moved = tracee->passed_trap != 0; /* into a handler */
	if (!moved)
		tracee_set_rip(tracee->tid, trap->address);
	collect(tracee->tid);
	if (reported && !moved)
		show_at(tracee, trap, trap->address, 0);
	set_condition(tracees, tracee, TRACEE_STOPPED);
}

static void go_on(struct tracees *tracees, struct tracee *tracee, const struct trap *trap)
{
	if (!tracee->passed_trap)
		tracee_set_rip(tracee->tid, trap->displaced.slot);
	if (tracee->interrupt_again) {
		tracee->interrupt_again = false;
		trace(PTRACE_INTERRUPT, tracee->tid, 0);
	}
	trace(PTRACE_CONT, tracee->tid, 0);
	set_condition(tracees, tracee, TRACEE_RUNNING);
}

/* The answer is known: what becomes of the thread. */
static void follow(struct tracees *tracees, struct tracee *tracee, const struct trap *trap,
	enum trap_answer answer)
{
	struct traps *traps = tracees->traps;
	if (answer == TRAP_STOP) {
		tracee->stop_wanted = true;
		tracees->stop_wanted = tracee->tid;
	}
	if (tracees->mode == TRACING_STOPPING) {
		tracee->interrupt_again = false;
		tracee->group_stop = 0;
		stand(tracees, tracee, trap, answer != TRAP_AGAIN);
	} else if (answer == TRAP_GO_ON) {
		go_on(tracees, tracee, trap);
	} else {
		stand(tracees, tracee, trap, answer == TRAP_STOP);
		if (answer == TRAP_AGAIN) {
			if (!traps->waiting++)
				traps->waiting_since_ns = monotonic_now();
			tracee->waiting = true;
		}
	}
}

bool traps_handle_sigtrap(struct tracees *tracees, struct tracee *tracee)
{
	struct traps *traps = tracees->traps;
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETREGS, tracee->tid, NULL, &regs) != 0)
		return false;
	const struct trap *trap = traps_find(traps, regs.rip - 1);
	if (!trap || (trap->displaced.length == 1 && !is_int3(tracee->tid)))
		return false;
	regs.rip--;
	if (traps->leaving) {
		stand(tracees, tracee, trap, false);
		if (tracees->mode == TRACING_LEAVING)
			tracee_detach(tracees, tracee, 0);
		return true;
	}
	uint64_t mask = 0;
	ptrace(PTRACE_GETSIGMASK, tracee->tid, (void *)sizeof(mask), &mask); // NOLINT
	enum trap_answer answer = ask(tracees, tracee, trap, &regs);
	if (mask || !traps->area.action_changed) {
		tracee_set_rip(tracee->tid, trap->address);
		check_action(tracees, tracee, trap, &regs, mask);
	}
	follow(tracees, tracee, trap, answer);
	if (answer == TRAP_GO_ON)
		affinity_hit(&traps->affinity, tracee->tid);
	return true;
}

static int resume_waiting(struct tracees *tracees)
{
	struct traps *traps = tracees->traps;
	if (!traps->waiting)
		return -1;
	if (monotonic_now() - traps->waiting_since_ns < AGAIN_MS * INT64_C(1000000))
		return AGAIN_MS;
	struct tracee *tracee, *next;
	HASH_ITER (hh, tracees->table, tracee, next) {
		if (!tracee->waiting || tracee->condition != TRACEE_STOPPED)
			continue;
		tracee_go_on(tracees, tracee, 0);
		set_condition(tracees, tracee, TRACEE_RUNNING);
	}
	return AGAIN_MS;
}

int traps_tick(struct tracees *tracees)
{
	if (!tracees->traps || tracees->mode != TRACING_RUNNING)
		return -1;
	int waiting_ms = resume_waiting(tracees);
	int affinity_ms = affinity_relax(&tracees->traps->affinity);
	return waiting_ms < 0 || (affinity_ms >= 0 && affinity_ms < waiting_ms) ? affinity_ms
										 : waiting_ms;
}

/* ---- Signals ---- */

/* Of the instruction itself, which the program must see at its own address. */
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

static void show_fault(const struct traps *traps, const struct tracee *tracee,
	const struct displaced_state *state, siginfo_t *info)
{
	tracee_set_state(tracee->tid, state);
	/* For these it is the instruction's address. */
	if ((info->si_signo == SIGILL || info->si_signo == SIGFPE) &&
		trap_area_contains(&traps->area, (uint64_t)info->si_addr)) {
		info->si_addr = (void *)state->rip; // NOLINT: an address over there
		ptrace(PTRACE_SETSIGINFO, tracee->tid, NULL, info);
	}
}

bool traps_before_signal(struct tracees *tracees, struct tracee *tracee, int signal)
{
	struct traps *traps = tracees->traps;
	uint64_t rip;
	siginfo_t info;
	if (!tracee_get_rip(tracee->tid, &rip) || !trap_area_contains(&traps->area, rip) || leave_handler(traps, tracee->tid, rip))
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
	/* A system call must not be stepped, since it may take its time: the thread comes to the trap once more. */
	if (!state->done) {
		struct user_regs_struct regs;
		if (ptrace(PTRACE_GETREGS, tracee->tid, NULL, &regs) == 0) {
			tracee->passed_trap = trap->address;
			tracee->passed_stack = regs.rsp;
		}
	}
	tracee_set_state(tracee->tid, state);
	return true;
}
