/*
 * Which function a go statement calls. For `go f(x)` the compiler makes a function without
 * arguments that calls f(x), and the goroutine runs that one: main.main.gowrap1 since Go 1.22,
 * main.main.func1 before, in either case marked as a wrapper. Private to dbg/break, of the tracer
 * thread.
 */
#ifndef GCTXDBG_BREAK_WRAPPED_CALL_H
#define GCTXDBG_BREAK_WRAPPED_CALL_H

#include "dbg/go/program/program.h"

struct unwind_cache;

enum { WRAPPED_CALLS = 256 };

/* The answers given last. Zero-initialise before use. */
struct wrapped_calls {
	struct {
		uint64_t entry;
		const char *name;
	} recent[WRAPPED_CALLS];
};

/* The number by which this program's functions that are wrappers are marked (funcID in _func); -1:
 * none was found. */
int wrapper_id(const struct program *program);

/*
 * The name of what a goroutine that starts at `entry` calls: that function itself unless it is a
 * wrapper; NULL when it calls a method of an interface or a function value. As tracebacks name it;
 * lives as long as `plans`.
 */
const char *wrapped_call(const struct program *program, struct unwind_cache *unwind,
	struct wrapped_calls *calls, int wrapper_id, uint64_t entry);

#endif
