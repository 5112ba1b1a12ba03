/*
 * A target as a remote address space of libunwind: the callbacks for registers, memory and unwind
 * tables. Private to native_unwind.c, which makes the steps.
 */
#ifndef GCTXDBG_TARGET_NATIVE_NATIVE_SPACE_H
#define GCTXDBG_TARGET_NATIVE_NATIVE_SPACE_H

#include <libunwind.h>

#include "dbg/target/native/native_module.h"
#include "dbg/target/native/rules_window.h"

struct native_unwinder {
	struct target *target;
	unw_addr_space_t space;
	struct native_modules modules;
	struct rules_window window; /* open during native_unwind_by_rules() */

	/* During a step: */
	struct user_regs_struct regs;
	bool exact;		      /* regs.rip is the instruction itself, not a return address */
	unsigned accesses;	      /* words read so far */
	struct native_module *module; /* of the frame's pc, or NULL */
	bool has_info;		      /* the frame's pc is covered by call frame information */
};

/* NULL without memory. The context of its callbacks is a struct native_unwinder. */
unw_addr_space_t native_space_create(void);

/* libunwind's register `number` in `regs`; NULL for registers that are not tracked. */
unsigned long long *native_register(struct user_regs_struct *regs, unw_regnum_t number);

/* Whether call frame information covers `ip`. */
bool native_space_covers(struct native_unwinder *unwinder, uint64_t ip);

#endif
