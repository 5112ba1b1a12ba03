/*
 * Unwinding with libunwind, for any target: of C code (shared libraries, cgo, the vDSO), and of any
 * code by DWARF rules.
 *
 * (Contract fixed by the lead: dbg/go/stacks/stack.c is written against it.)
 */
#ifndef GCTXDBG_TARGET_NATIVE_NATIVE_UNWIND_H
#define GCTXDBG_TARGET_NATIVE_NATIVE_UNWIND_H

#include "dbg/target/target.h"

struct native_unwinder;
struct frame_rules; /* dwarf/debug/frame_table.h */

struct native_frame {
	uint64_t pc, sp, bp;
	uint64_t cfa;		  /* the caller's SP at the call; 0 unknown */
	const char *function;	  /* NULL unknown; valid during the callback */
	uint64_t function_offset; /* pc minus the function's start; 0 when unknown */
	const char *file;	/* path of the executable or library; NULL unknown; valid during the
				   callback */
	bool signal_trampoline; /* the next frame's pc is that of an interrupted instruction */
};

/* `target` must outlive the unwinder. Modules are opened when a pc first falls into them. */
struct error *native_unwinder_create(struct target *target, struct native_unwinder **ret);
void native_unwinder_destroy(struct native_unwinder *unwinder); /* NULL is fine */
/* Forgets what depends on the memory map; call after the target ran. */
void native_unwinder_refresh(struct native_unwinder *unwinder);

/*
 * Calls `on_frame` for the frame at `start` and then for each caller, until it returns false, the
 * stack ends or nothing more is known (that is no error). `exact` tells that start's rip is the
 * instruction itself rather than a return address. No frame is reported twice; at most 4096.
 * Errors: no memory, target gone.
 */
struct error *native_unwind(struct native_unwinder *unwinder, const struct user_regs_struct *start,
	bool exact, bool (*on_frame)(void *context, const struct native_frame *frame),
	void *context);

/*
 * One step by rules that the caller has: the caller's registers for the frame at `at`, whose code
 * the rules (of run-time addresses) are about. False when they lead nowhere. What a call destroys
 * stays what it was.
 */
bool native_unwind_by_rules(struct native_unwinder *unwinder, const struct frame_rules *rules,
	const struct user_regs_struct *at, bool exact, struct user_regs_struct *ret);

#endif
