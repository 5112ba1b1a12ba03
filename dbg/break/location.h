/*
 * Locations: resolves the text that a user writes to instructions. Private to dbg/break.
 *
 * There are no tables per release: instructions are found in the binary's code by what they do (a
 * return from runtime.newproc1, a load of cancelCtx.done).
 */
#ifndef GCTXDBG_BREAK_LOCATION_H
#define GCTXDBG_BREAK_LOCATION_H

#include "dbg/break/breakpoint.h"
#include "dwarf/pclntab/pclntab.h"

enum location_kind {
	LOCATION_NEWPROC,
	LOCATION_GOEXIT,
	LOCATION_CANCEL,
	LOCATION_PARK,
	LOCATION_READY,
	LOCATION_PANIC,
	LOCATION_FUNCTION,
	LOCATION_LINE,
	LOCATION_ADDRESS,
};

/* A resolved location: its instructions. Texts belong to the program. */
struct location {
	enum location_kind kind;
	struct breakpoint_location *items;
	size_t count, capacity;
	/*
	 * DWARF number of the register with the g or context that the location is about; -1: none.
	 */
	int subject;
	int64_t subject_offset; /* to add to that register */
};

enum { MAX_LOCATIONS = 4096 }; /* instructions per location */

/*
 * Resolves `text`. Errors as for breakpoints_add(). Free `ret` with location_deinit(), also after
 * an error.
 */
struct error *location_find(struct program *program, const char *text, struct location *ret);
void location_deinit(struct location *location);

/* Fills in a location whose kind is one of the names newproc to panic (location_runtime.c). */
struct error *location_find_named(struct program *program, struct location *location);
/* Adds the calls of a function, including inlined ones (location_function.c). */
struct error *location_find_calls(
	struct program *program, const char *name, struct location *location);
/* Adds the first instructions of line `line` of `file` (location_line.c). */
struct error *location_find_line(
	struct program *program, const char *file, int line, struct location *location);

/* ---- Shared by these three ---- */

/* Adds the instruction at run-time address `pc`, unless it is already in the list. */
struct error *location_add(struct program *program, struct location *location, uint64_t pc);

struct module;

/* The code of `function` in the module's file (that in a process may contain traps). */
struct error *function_code(
	const struct module *module, const struct pc_function *function, struct bytes *ret);

/* The function with the full name `name` in the module that is not a compiler-generated wrapper;
 * false: none. */
bool function_named(const struct module *module, const char *name, struct pc_function *ret);

/*
 * The run-time address where a call of `function` has its arguments in place and which runs once
 * per call. If `*ret_loop`, the function starts with a loop, and the address runs once per
 * iteration.
 */
struct error *function_start(const struct module *module, const struct pc_function *function,
	uint64_t *ret, bool *ret_loop);

#endif
