/*
 * Traps in the code of a live process: a handler is called whenever a thread reaches one of them.
 * This folder implements them (traps_private.h lists its files); it may use guardian, tracing and
 * what is below.
 *
 * A trap is an int3 over the first byte of an instruction. The instruction itself is copied,
 * relocated, into the debugger's memory in the target (displaced.h, trap_area.h). A thread that
 * hits the trap is sent to the copy and returns to the next instruction by itself, so the trap
 * stays in place while all threads run: no hit is missed, no other thread is stopped, nothing is
 * single-stepped. Neither the program (signal handlers, tracebacks) nor the user sees an address of
 * that memory or the int3: target_read() returns the program's own bytes.
 *
 * However the debugger ends, the program's bytes, its action for SIGTRAP and its memory map are
 * restored, by the debugger or, if that is killed, by the guardian (guardian.h). Until the guardian
 * has done so, a small signal handler in that memory makes threads retry. That does not help code
 * that runs with SIGTRAP blocked (Go's signal handlers, thread creation): there the kernel kills a
 * process that hits a trap and is not traced, so a target with traps in such code may not survive
 * SIGKILL of the debugger.
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAPS_H
#define GCTXDBG_TARGET_TRAPS_TRAPS_H

#include "dbg/target/target.h"

/* A thread is stopped at a trap, before the instruction. Valid during the callback. */
struct trap_hit {
	pid_t tid;
	uint64_t address;		     /* of the trap */
	const struct user_regs_struct *regs; /* rip == address */
	struct target *target;
};

enum trap_answer {
	TRAP_GO_ON,
	/* Stop all threads. When they have stopped, the user's thread gets TARGET_EVENT_TRAP
	 * (value: tid). */
	TRAP_STOP,
	/*
	 * Not now: the thread waits for about a millisecond, and then the handler is called again
	 * (same address; it is not a new hit). Other threads keep running. For a handler whose
	 * queue is full. If all threads are stopped before that, the call follows after they are
	 * resumed.
	 */
	TRAP_AGAIN,
};

struct trap_handler {
	/*
	 * Called in the tracer thread while other threads run: memory may change, except for the
	 * stack of the thread that hit the trap; its registers do not. Must not allocate, wait, or
	 * take a lock that the user's thread may hold, and may call only trap_read() and
	 * trap_vector_register(), no target_…(). Also called for hits while all threads are being
	 * stopped: no hit is lost.
	 */
	enum trap_answer (*hit)(void *context, const struct trap_hit *hit);
	void *context;
};

/* Reads memory of the running process, bypassing the cache. Only inside the callback. Returns how
 * many bytes from the start could be read. */
size_t trap_read(const struct trap_hit *hit, uint64_t address, void *ret, size_t size);

/* The low 64 bits of vector register `number`; 0 if there is no such register. Only inside the
 * callback. */
uint64_t trap_vector_register(const struct trap_hit *hit, uint64_t number);

/*
 * Sets traps at exactly these addresses, in any order, duplicates allowed; `count` 0 removes all.
 * The target must be stopped. (A snapshot is dropped, and the process itself is stopped instead;
 * taking a snapshot removes all traps.) A thread that is stopped at a trap and has been reported
 * there does not hit it again when it is resumed. `handler` is copied; its context must live until
 * the traps are removed or the target is gone. On an error the traps are as before; it names the
 * address at which no instruction starts, or which cannot be written or displaced. Detaching in any
 * way removes the traps.
 */
struct error *target_set_traps(struct target *target, const uint64_t *addresses, size_t count,
	const struct trap_handler *handler);

#endif
