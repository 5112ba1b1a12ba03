/*
 * Places: from what a person writes to instructions. Private to dbg/break.
 *
 * Nothing is known by release: an instruction is found by what it does (it returns from
 * runtime.newproc1, it loads cancelCtx.done), in the code of the binary.
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

/* Where runtime and context keep what these places are about. Texts belong to the program. */
struct location {
	enum location_kind kind;
	struct breakpoint_location *items;
	size_t count, capacity;
	int subject; /* DWARF's number of the register that holds what the place is about: the g,
		the context; -1: none */
	int64_t subject_offset; /* to be added to it */
};

/* The most instructions of one place. */
enum { MAX_LOCATIONS = 4096 };

/* Errors as breakpoints_add(). Free `ret` with location_deinit(), after an error too. */
struct error *location_find(struct program *program, const char *text, struct location *ret);
void location_deinit(struct location *location);

/* Fills `place`, whose kind is that of a name (place_runtime.c). */
struct error *location_find_named(struct program *program, struct location *location);
/* The calls of a function, inlined ones too (place_function.c). */
struct error *location_find_calls(
	struct program *program, const char *name, struct location *location);
/* What begins line `line` of `file` (place_line.c). */
struct error *location_find_line(
	struct program *program, const char *file, int line, struct location *location);

/* ---- For those three ---- */

/* Adds the instruction at run-time address `pc`. `function` NULL: as the table says. Doubles are
 * left out. */
struct error *location_add(struct program *program, struct location *location, uint64_t pc);

/* The code of `function` as the file has it (a process may have traps in it). */
struct error *function_code(
	const struct program *program, const struct pc_function *function, struct bytes *ret);

/* The function whose whole name is `name`, not a wrapper the compiler made; false: none. */
bool function_named(const struct program *program, const char *name, struct pc_function *ret);

/*
 * The run-time address at which a call of `function` has its arguments in place and counts once;
 * unless `*ret_loop`: the function begins with a loop.
 */
struct error *function_start(const struct program *program, const struct pc_function *function,
	uint64_t *ret, bool *ret_loop);

#endif
