/*
 * What libunwind sees of a target. Private to native_unwind.c, which makes the steps: here are the
 * questions that libunwind asks meanwhile, about registers, memory and tables.
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
	struct rules_window window; /* open during a step by rules */

	/* During a step: */
	struct user_regs_struct regs;
	bool exact;
	unsigned accesses;
	struct native_module *module; /* of the frame's pc, or NULL */
	bool has_info;		      /* the frame's pc is covered by call frame information */
};

/* Without memory NULL. Its questions come with a struct native_unwinder as their context. */
unw_addr_space_t native_space_create(void);

/* The register that libunwind calls `number`; NULL for those that are not followed. */
unsigned long long *native_register(struct user_regs_struct *regs, unw_regnum_t number);

/* Whether call frame information covers `ip`; that is also libunwind's first question. */
bool native_space_covers(struct native_unwinder *unwinder, uint64_t ip);

#endif
