/*
 * Unwinding information per pc, cached: it depends only on the binary.
 *
 * It consists of the frame's size, the role of the function, and the logical frames (inlined calls
 * first) with names as the runtime prints them. Thousands of goroutines share a few hundred pcs, so
 * unwinding is mostly lookups in this cache.
 */
#ifndef GCTXDBG_GO_STACKS_UNWIND_INFO_H
#define GCTXDBG_GO_STACKS_UNWIND_INFO_H

#include "dbg/go/stacks/stack.h"

struct program;
struct stack_shapes;
struct unwind_cache;

/* Functions that unwinding treats specially. Recognised by name, since the runtime's function ids
 * differ between releases. */
enum function_role {
	ROLE_NORMAL,
	ROLE_SIGPANIC,	    /* its caller's pc is that of the faulting instruction */
	ROLE_ASYNC_PREEMPT, /* the same, injected by a preemption signal */
	ROLE_DEBUG_CALL,
	ROLE_CGOCALLBACK,  /* writes SP but unwinds fine */
	ROLE_CROSSCALL,	   /* runtime/cgo: saves the registers of the C code that calls Go */
	ROLE_SIGTRAMP,	   /* the kernel's signal frame is above it */
	ROLE_SIGRETURN,	   /* the same; returns from a signal handler */
	ROLE_GOGO,	   /* resumes a goroutine */
	ROLE_SYSTEM_STACK, /* systemstack, mcall, morestack, asmcgocall: switched here from the
			      goroutine's stack */
};

struct unwind_line {
	const char *function;
	const char *file;
	int line;
	enum function_kind kind;
	bool inlined, wrapper; /* as in struct frame */
};

struct unwind_info {
	uint64_t entry; /* run-time address */
	int32_t sp_delta;
	bool has_sp_delta; /* false: no frame information here */
	uint8_t flags;	   /* of enum pc_function_flag */
	enum function_role role;
	size_t line_count;
	struct unwind_line *lines; /* at least one, innermost first */
};

struct error *unwind_cache_create(struct unwind_cache **ret);
/* NULL is allowed. */
void unwind_cache_destroy(struct unwind_cache *cache);
/* The stacks that have been recognised, which depend on the binary, too. */
struct stack_shapes *unwind_cache_shapes(struct unwind_cache *cache);

/*
 * The information for run-time address `pc`. `exact`: `pc` is the current instruction (a trap), not
 * a return address. NULL if no Go function contains it, or without memory. Lives as long as the
 * program.
 */
const struct unwind_info *unwind_info_at(struct program *program, uint64_t pc, bool exact);

/* The same with the caller's own cache, for use on another thread: `program` is only read. */
const struct unwind_info *unwind_info_in(
	const struct program *program, struct unwind_cache *cache, uint64_t pc, bool exact);

/*
 * The funcID (in _func) of the functions that the compiler generates and that Go's tracebacks leave
 * out: wrappers of methods and of go and defer statements, parts of reflection. -1: the program has
 * none. internal/abi/symtab.go FuncIDWrapper, in 1.19 runtime/symtab.go.
 */
int unwind_wrapper_id(const struct program *program);

#endif
