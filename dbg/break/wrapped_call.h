/*
 * Finds the function that a go statement calls. For `go f(x)` the compiler generates a function
 * without arguments that calls f(x), and the goroutine runs that: main.main.gowrap1 since Go 1.22,
 * main.main.func1 before, in both cases marked as a wrapper. Private to dbg/break; runs in the
 * tracer thread.
 */
#ifndef GCTXDBG_BREAK_WRAPPED_CALL_H
#define GCTXDBG_BREAK_WRAPPED_CALL_H

#include "dbg/go/program/program.h"

struct unwind_cache;

enum { WRAPPED_CALLS = 256 };

/* A cache of results. Zero-initialize before use. */
struct wrapped_calls {
	struct {
		uint64_t entry;
		const char *name;
	} recent[WRAPPED_CALLS];
};

/*
 * The name, as in tracebacks, of the function that a goroutine with entry address `entry` runs:
 * that function itself, or the one that it wraps. NULL if the wrapper calls an interface method or
 * a function value. The name lives as long as `unwind`.
 */
const char *wrapped_call(const struct program *program, struct unwind_cache *unwind,
	struct wrapped_calls *calls, int wrapper_id, uint64_t entry);

#endif
