/*
 * Unwinding with libunwind, for any target: C code (shared libraries, cgo, the vDSO), and any code
 * by given DWARF rules.
 *
 * This folder knows native code only: modules (native_module.h), call frame information
 * (native_eh_index.h, rules_window.h) and libunwind (native_space.h). Go stacks are unwound in
 * dbg/go/stacks, which calls this for the native frames among them.
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
	uint64_t function_offset; /* pc minus the function's start; 0 if unknown */
	const char
		*file; /* of the executable or library; NULL unknown; valid during the callback */
	bool signal_trampoline; /* the next frame's pc is that of an interrupted instruction */
};

/* `target` must outlive the unwinder. Modules are opened when a pc is first found in them. */
struct error *native_unwinder_create(struct target *target, struct native_unwinder **ret);
void native_unwinder_destroy(struct native_unwinder *unwinder); /* NULL is fine */
/* Drops the modules; call after the target ran. */
void native_unwinder_refresh(struct native_unwinder *unwinder);

/*
 * Calls `on_frame` for the frame at `start` and then for each caller, until it returns false, the
 * stack ends or a frame cannot be unwound (which is not an error). `exact`: start's rip is the
 * instruction itself, not a return address. No frame is reported twice; at most 4096. Errors: as
 * target_check().
 */
struct error *native_unwind(struct native_unwinder *unwinder, const struct user_regs_struct *start,
	bool exact, bool (*on_frame)(void *context, const struct native_frame *frame),
	void *context);

/*
 * Makes one step by the given rules: `*ret` are the registers of the caller of the frame at `at`,
 * whose pc `rules` (with run-time addresses) cover. False if the rules cannot be applied. Registers
 * that a call does not preserve keep their values.
 */
bool native_unwind_by_rules(struct native_unwinder *unwinder, const struct frame_rules *rules,
	const struct user_regs_struct *at, bool exact, struct user_regs_struct *ret);

#endif
