/*
 * Whether an address holds what a variable of the runtime would hold, by what it points to.
 *
 * Memory that is still all zero passes: the program may not have started yet. That is no danger,
 * since a variable that several candidates fit stays absent.
 */
#ifndef GCTXDBG_GO_PROGRAM_CHECK_GLOBALS_H
#define GCTXDBG_GO_PROGRAM_CHECK_GLOBALS_H

#include "dbg/go/program/program_state.h"
#include "dwarf/code/code_references.h"

struct global_candidate {
	uint64_t address;		     /* run-time */
	uint64_t at;			     /* instruction that names it (link-time) */
	const struct code_reference *bounds; /* constants that may be the number of its elements */
	size_t bound_count;
	uint64_t size; /* out: bytes; 0 when it does not matter */
};

/* `globals`: what has been found already. */
typedef bool global_check(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate);

global_check check_version, check_allgs, check_allgptr, check_allglen, check_allm, check_allp,
	check_sched;
global_check check_gomaxprocs, check_time, check_flags, check_wait_reasons, check_statuses;
global_check check_semaphores, check_gc_controller, check_memstats, check_mheap, check_itab_table;

#endif
