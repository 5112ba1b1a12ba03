/*
 * Our memory in the target while traps are in: one mapping near its code.
 *
 *   data (read, write)      what rt_sigaction reads and writes; the signal mask of a thread that is
 * being stepped; the table of traps that the handler looks at code (read, execute)    the handler
 * for SIGTRAP, and for each trap a slot with the displaced instruction (displaced.h)
 *
 * The handler never runs while we live, because a tracer takes each SIGTRAP first. Once we have
 * been killed it makes a thread that comes to a trap try again until the guardian has put the
 * program's bytes back, and passes what is not ours on to the action that was there before. The
 * mapping is as large as the most traps need, and costs memory only for those that are there.
 *
 * To be called by the tracer thread, with all threads of the target stopped where a function says
 * so.
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAP_AREA_H
#define GCTXDBG_TARGET_TRAPS_TRAP_AREA_H

#include "dbg/target/traps/displaced.h"
#include "dbg/target/tracing/tracee.h"
#include "dbg/target/tracing/undo_log.h"

enum { TRAPS_MAX = 1 << 15 };

/* As the kernel has it. */
struct trap_action {
	uint64_t handler, flags, restorer, mask;
};

struct trap_area {
	uint64_t start, end;	     /* 0: not there */
	uint64_t table, code, slots; /* in it, ascending */
	uint64_t used_end;	     /* of the slots that have been written */
	struct trap_action old, own; /* actions for SIGTRAP */
	size_t table_count;
	bool action_changed;
	int mem_fd;	      /* borrowed: the target's memory, for writing */
	struct undo_log *log; /* borrowed */
};

/*
 * Maps it within 2 GiB of [low, high), the addresses of the traps, as far as possible, and installs
 * the handler. All threads are stopped. mem_fd and log have been set. On an error
 * nothing has changed.
 */
struct error *trap_area_create(
	struct trap_area *area, struct tracees *tracees, uint64_t low, uint64_t high);

/*
 * Puts the action back, unless the program has installed another one meanwhile, and unmaps it. All
 * threads are stopped and none is in the area. On an error it stays, harmless once no traps are in,
 * and the guardian will remove it.
 */
struct error *trap_area_destroy(struct trap_area *area, struct tracees *tracees);

/* It is gone with the memory it was in: withdraws what the guardian knows of it. */
void trap_area_forget(struct trap_area *area);

/* The kernel resets the action when SIGTRAP comes while blocked. Installs ours again if that has
 * happened, in stopped thread `tid`;
 * `*ret_was_reset` says whether. */
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

/* The index of the slot that contains `address`; SIZE_MAX when it is elsewhere. */
static inline size_t trap_area_slot_index(const struct trap_area *area, uint64_t address)
{
	return address >= area->slots && address < area->end
		       ? (size_t)(address - area->slots) / DISPLACED_SIZE
		       : SIZE_MAX;
}

struct error *trap_area_write_slot(
	struct trap_area *area, size_t index, const struct displaced *displaced);

/* The addresses that the handler takes for traps. To be set to a superset before a trap is put in.
 */
struct error *trap_area_write_table(
	struct trap_area *area, const uint64_t *addresses, size_t count);

/* The mask that the handler gives back to a thread that was being stepped when we died. */
bool trap_area_write_step_mask(const struct trap_area *area, uint64_t mask);
/* Where that is. */
uint64_t trap_area_step_mask(const struct trap_area *area);

/* Writes to the target's memory whatever its protection; errno otherwise. */
int trap_write(int mem_fd, uint64_t address, const void *bytes, size_t size);

#endif
