/*
 * The target's handler for SIGTRAP while traps are in: machine code that is copied into it
 * (trap_area.h), with the words that it needs behind it.
 */
#ifndef GCTXDBG_TARGET_TRAPS_TRAP_HANDLER_H
#define GCTXDBG_TARGET_TRAPS_TRAP_HANDLER_H

#include "dwarf/base/memory.h"

/* What the handler knows; lies at the start of the code, before the handler. */
struct trap_handler_words {
	uint64_t area_start, area_end;
	uint64_t table; /* address of the addresses of all traps */
	uint64_t table_count;
	uint64_t old_handler; /* 0: default, 1: ignore */
	uint64_t old_action;  /* address of the whole old action */
	uint64_t step_mask;   /* address of the mask of a thread that was being stepped */
};

/* The words, still 0, and the handler behind them. */
struct bytes trap_handler_code(void);

#endif
