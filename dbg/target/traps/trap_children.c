/*
 * Processes that the target forks while traps are set. They are traced for as long as traps could
 * hurt them.
 *
 * In a child with its own copy of the memory the program's bytes are restored, and it is detached.
 * A child that shares the memory until it calls exec (vfork, as Go's os/exec does) executes the
 * displaced instructions like a thread, but its hits are not reported; it is detached when it has
 * called exec, and forgotten when it has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dwarf/base/fd.h"
#include "dbg/target/process/proc_files.h"
#include "dbg/target/traps/traps_private.h"

static const int64_t leave_ns = INT64_C(300000000);

static struct trap_child *find_child(const struct traps *traps, pid_t pid)
{
	struct trap_child *child = traps->children;
	while (child && child->pid != pid)
		child = child->next;
	return child;
}

void traps_forget_child(struct traps *traps, pid_t pid)
{
	for (struct trap_child **link = &traps->children; *link; link = &(*link)->next) {
		struct trap_child *child = *link;
		if (child->pid != pid)
			continue;
		*link = child->next;
		free(child);
		return;
	}
}

/* Whether a write to the target's area is visible in the child. */
static bool shares_memory(const struct traps *traps, pid_t pid)
{
	_cleanup_fd_ int fd = proc_open_memory(pid, O_RDWR);
	for (uint64_t value = 1; value <= 2; value++) {
		uint64_t seen = 0;
		off_t location = (off_t)trap_area_step_mask(&traps->area);
		if (fd < 0 || !trap_area_write_step_mask(&traps->area, value) ||
			pread(fd, &seen, sizeof(seen), location) != sizeof(seen) || seen != value)
			return false;
	}
	return true;
}

/* Restores the program's bytes in a child with memory of its own. */
static void restore_copy(const struct traps *traps, pid_t pid)
{
	_cleanup_fd_ int fd = proc_open_memory(pid, O_RDWR);
	for (size_t i = 0; fd >= 0 && i < traps->count; i++) {
		const struct trap *trap = &traps->items[i];
		uint8_t byte;
		if (pread(fd, &byte, 1, (off_t)trap->address) == 1 && byte == INT3)
			trap_write(fd, trap->address, &trap->original, 1);
	}
}

/* Moves a child out of the area, to its location as the program sees it. */
static void move_out(const struct traps *traps, pid_t pid)
{
	uint64_t rip;
	if (!tracee_get_rip(pid, &rip) || !trap_area_contains(&traps->area, rip))
		return;
	const struct trap *trap = traps_find_slot(traps, rip);
	const struct displaced_state *state = trap ? displaced_locate(&trap->displaced, rip) : NULL;
	if (state)
		traps_move_to(pid, state);
}

static void leave_child(struct traps *traps, pid_t pid, int signal)
{
	move_out(traps, pid);
	ptrace_simple(PTRACE_DETACH, pid, (unsigned long)signal);
	traps_forget_child(traps, pid);
}

/* If it is a hit, moves the child to the displaced instruction; the signal is to be dropped. */
static bool handle_hit(const struct traps *traps, pid_t pid)
{
	struct user_regs_struct regs;
	if (!tracee_get_regs(pid, &regs))
		return false;
	const struct trap *trap = traps_find(traps, regs.rip - 1);
	if (!trap)
		return false;
	tracee_set_rip(pid, traps->leaving ? trap->address : trap->displaced.slot);
	return true;
}

static void handle_sharing(struct tracees *tracees, pid_t pid, int status)
{
	struct traps *traps = traps_of(tracees);
	int event = status >> 16, signal = event ? 0 : WSTOPSIG(status);
	if (signal == SIGTRAP && handle_hit(traps, pid))
		signal = 0;
	else if (signal)
		move_out(traps, pid);
	if (traps->leaving || event == PTRACE_EVENT_EXEC)
		leave_child(traps, pid, signal);
	else if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
		ptrace_simple(PTRACE_LISTEN, pid, 0);
	else
		ptrace_simple(PTRACE_CONT, pid, (unsigned long)signal);
}

static bool handle_child(struct tracees *tracees, pid_t pid, int status)
{
	struct traps *traps = traps_of(tracees);
	if (find_child(traps, pid)) {
		handle_sharing(tracees, pid, status);
		return true;
	}
	if (!shares_memory(traps, pid)) {
		restore_copy(traps, pid);
		move_out(traps, pid);
		return false; /* the caller detaches it */
	}
	struct trap_child *child = calloc(1, sizeof(*child));
	if (!child)
		return false;
	child->pid = pid;
	child->next = traps->children;
	traps->children = child;
	handle_sharing(tracees, pid, status);
	return true;
}

bool traps_on_other_process(struct tracees *tracees, pid_t pid, int status)
{
	if (WIFSTOPPED(status))
		return handle_child(tracees, pid, status);
	traps_forget_child(traps_of(tracees), pid);
	return true;
}

void traps_leave_children(struct tracees *tracees)
{
	struct traps *traps = traps_of(tracees);
	bool was_leaving = traps->leaving;
	traps->leaving = true;
	for (struct trap_child *child = traps->children; child; child = child->next)
		ptrace_simple(PTRACE_INTERRUPT, child->pid, 0);
	int64_t deadline = monotonic_now() + leave_ns;
	while (traps->children && monotonic_now() < deadline) {
		struct trap_child *next;
		for (struct trap_child *child = traps->children; child; child = next) {
			int status;
			pid_t pid = child->pid;
			next = child->next;
			if (waitpid(pid, &status, __WALL | __WNOTHREAD | WNOHANG) != pid)
				continue;
			if (WIFSTOPPED(status))
				handle_sharing(tracees, pid, status);
			else
				traps_forget_child(traps, pid);
		}
		if (traps->children)
			tracees_wait(tracees, -1, 1);
	}
	traps->leaving = was_leaving;
}
