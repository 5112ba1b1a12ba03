/*
 * Checks whether an address holds a plausible value of one of the runtime's variables, following
 * its pointers.
 *
 * Zeroed memory passes, since the program may not have started yet. That is safe: a variable for
 * which several candidates pass stays absent.
 */
#ifndef GCTXDBG_GO_PROGRAM_CHECK_GLOBALS_H
#define GCTXDBG_GO_PROGRAM_CHECK_GLOBALS_H

#include "dbg/go/program/program_state.h"
#include "dwarf/code/code_references.h"

struct global_candidate {
	uint64_t address;		     /* run-time */
	uint64_t at;			     /* link-time address of the instruction that uses it */
	const struct code_reference *bounds; /* constants that may be its number of elements */
	size_t bound_count;
	uint64_t size; /* result: bytes; 0 if the size is not needed */
};

/* `globals`: the variables found so far. */
typedef bool global_check(struct program *program, const struct runtime_globals *globals,
	struct global_candidate *candidate);

global_check check_version, check_allgs, check_allgptr, check_allglen, check_allm, check_allp,
	check_sched;
global_check check_gomaxprocs, check_time, check_flags, check_wait_reasons, check_statuses;
global_check check_semaphores, check_gc_controller, check_memstats, check_mheap, check_itab_table;

#endif
