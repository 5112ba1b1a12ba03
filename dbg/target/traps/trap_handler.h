/* The target's handler for SIGTRAP while traps are set: machine code that is copied into the target
 * (trap_area.h), preceded by the words that it uses. */
#ifndef GCTXDBG_TARGET_TRAPS_TRAP_HANDLER_H
#define GCTXDBG_TARGET_TRAPS_TRAP_HANDLER_H

#include "dwarf/base/memory.h"

/* The handler's data, at the start of the code. */
struct trap_handler_words {
	uint64_t area_start, area_end;
	uint64_t table; /* address of the array of all traps' addresses */
	uint64_t table_count;
	uint64_t old_handler; /* 0: default, 1: ignore */
	uint64_t old_action;  /* address of the whole old action */
	uint64_t step_mask;   /* address of the signal mask of a thread that is being stepped */
};

/* The words, all 0, followed by the handler. */
struct bytes trap_handler_code(void);

#endif
