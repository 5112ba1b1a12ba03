/*
 * Traps in the code of a live process: a handler is called whenever a thread comes to one of them.
 *
 * A trap is an int3 over the first byte of an instruction, and that instruction, relocated, in an
 * area of its own in the target's memory (displaced.h, trap_area.h). A thread that hits the trap is
 * sent there and comes back behind the instruction by itself, so that the trap stays in while all
 * threads run: no hit is missed, nobody else is stopped, nothing is stepped. Neither the program
 * (signal handlers, tracebacks) nor the user sees an address of that area, nor the int3:
 * target_read() shows the program's own bytes.
 *
 * However we end, the program's bytes, its action for SIGTRAP and its memory map are put back: by
 * us, or by the guardian (guardian.h) when we are killed; until it has done so a small signal
 * handler in that area makes threads retry. That does not help where code runs with SIGTRAP blocked
 * (inside Go's signal handlers, while it creates a thread): there the kernel ends a process that
 * hits a trap and is traced by nobody, so traps in such code do not survive our being killed.
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAPS_H
#define GCTXDBG_TARGET_TRAPS_TRAPS_H

#include "dbg/target/target.h"

/* A thread has come to a trap; it stands before the instruction. Lives during the callback. */
struct trap_hit {
	pid_t tid;
	uint64_t address;		     /* of the trap */
	const struct user_regs_struct *regs; /* rip == address */
	struct target *target;
};

enum trap_answer {
	TRAP_GO_ON,
	/* Stop all threads. The user's thread gets TARGET_EVENT_TRAP (value: tid) once they stand.
	 */
	TRAP_STOP,
	/* Not now: the thread waits for about a millisecond and is then asked about anew (same
	   address; no new hit). Others go on. For a handler whose queue is full. When all are
	   stopped meanwhile the hit comes after they go on. */
	TRAP_AGAIN,
};

struct trap_handler {
	/*
	 * Called in the tracer thread while other threads run: memory may change, except for the
	 * hit thread's own stack; its registers do not. Must not allocate, wait, or take a lock
	 * that the user's thread may hold. Called also for threads that hit while all are being
	 * stopped: no hit is lost. It must not call target_…(), only trap_read().
	 */
	enum trap_answer (*hit)(void *context, const struct trap_hit *hit);
	void *context;
};

/* Reads memory of the running process, past the cache; only inside the callback. Returns how many
 * bytes could be read, from the start. */
size_t trap_read(const struct trap_hit *hit, uint64_t address, void *ret, size_t size);

/* The low word of vector register number `number`; 0 when there is none. Only inside the callback.
 */
uint64_t trap_vector_register(const struct trap_hit *hit, uint64_t number);

/*
 * Makes exactly these addresses traps, in any order, doubles allowed; `count` 0 takes all out. The
 * target must be stopped (a snapshot is given up for the process itself, which stands then; taking
 * a snapshot takes all traps out). Threads that stand on a trap at which they have been reported do
 * not hit it again when they go on. `handler` is copied; its context must live until the traps are
 * out or the target is gone. On an error, which names the address that is no instruction's start,
 * cannot be written or not be displaced, the traps are as they were. Leaving the target in whatever
 * way takes the traps out.
 */
struct error *target_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);

#endif
