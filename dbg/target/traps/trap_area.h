/*
 * The debugger's memory in the target while traps are set: one mapping near its code.
 *
 *   data (read, write)    what rt_sigaction reads and writes; the signal mask of a thread that is
 *                         being stepped
 *   table (read, write)   the addresses of the traps, for the handler
 *   code (read, execute)  the handler for SIGTRAP
 *   slots (read, execute) for each trap a slot with the displaced instruction (displaced.h)
 *
 * While the debugger lives the handler never runs, because a tracer gets each SIGTRAP first. After
 * the debugger has been killed, the handler makes a thread that reaches a trap retry until the
 * guardian has restored the program's bytes, and passes any other SIGTRAP to the former action. The
 * mapping is large enough for the maximum of traps; only pages that are used cost memory.
 *
 * Called by the tracer thread; a function says if all threads of the target must be stopped.
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAP_AREA_H
#define GCTXDBG_TARGET_TRAPS_TRAP_AREA_H

#include "dbg/target/traps/displaced.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/tracing/undo_log.h"

enum { TRAPS_MAX = 1 << 15 };

/* The layout of the kernel's struct sigaction. */
struct trap_action {
	uint64_t handler, flags, restorer, mask;
};

struct trap_area {
	uint64_t start, end;	     /* 0: not mapped */
	uint64_t table, code, slots; /* in it, ascending */
	uint64_t used_end;	     /* end of the slots that have been written */
	struct trap_action old, own; /* actions for SIGTRAP */
	size_t table_count;
	bool action_changed;  /* `own` is installed instead of `old` */
	int mem_fd;	      /* borrowed: the target's memory, for writing */
	struct undo_log *log; /* borrowed */
};

/*
 * Maps the area within 2 GiB of [low, high), the addresses of the traps, if possible, and installs
 * the handler. All threads are stopped; mem_fd and log have been set. On an error nothing has
 * changed.
 */
struct error *trap_area_create(
	struct trap_area *area, struct tracees *tracees, uint64_t low, uint64_t high);

/*
 * Restores the action, unless the program has installed another one since, and unmaps the area. All
 * threads are stopped, and none is in the area. On an error it stays, which is harmless once no
 * traps are set, and the guardian will remove it.
 */
struct error *trap_area_destroy(struct trap_area *area, struct tracees *tracees);

/* The memory of the target is gone: removes the notes of the area from the undo log. */
void trap_area_forget(struct trap_area *area);

/*
 * The kernel resets the action if SIGTRAP arrives while it is blocked. Installs the debugger's
 * again if that has happened, in stopped thread `tid`, or for the first time if the program has set
 * up its own action since. `*ret_was_reset`: it had been reset.
 */
struct error *trap_area_renew_action(
	struct trap_area *area, struct tracees *tracees, pid_t tid, bool *ret_was_reset);

static inline bool trap_area_contains(const struct trap_area *area, uint64_t address)
{
	return address >= area->start && address < area->end;
}

static inline uint64_t trap_area_slot(const struct trap_area *area, size_t index)
{
	return area->slots + index * DISPLACED_SIZE;
}

/* The index of the slot that contains `address`. SIZE_MAX: it is not in a slot. */
static inline size_t trap_area_slot_index(const struct trap_area *area, uint64_t address)
{
	return address >= area->slots && address < area->end
		       ? (size_t)(address - area->slots) / DISPLACED_SIZE
		       : SIZE_MAX;
}

struct error *trap_area_write_slot(
	struct trap_area *area, size_t index, const struct displaced *displaced);

/* Sets the addresses that the handler treats as traps. Add an address before its trap is
 * inserted. */
struct error *trap_area_write_table(
	struct trap_area *area, const uint64_t *addresses, size_t count);

/* Sets the mask that the handler restores for a thread that is being stepped when we die. */
bool trap_area_write_step_mask(const struct trap_area *area, uint64_t mask);
/* The address of that mask. */
uint64_t trap_area_step_mask(const struct trap_area *area);

/* Writes to the target's memory, whatever its protection. Returns an errno. */
int trap_write(int mem_fd, uint64_t address, const void *bytes, size_t size);

#endif
