/*
 * Stacks: the frames of a goroutine or a thread, innermost first, as in the Go runtime's own
 * traceback.
 *
 * This folder walks a stack from given registers within given bounds, names the functions, and
 * finds the stack roots in the frames. It does not know goroutines: dbg/go/goroutines decides where
 * to start. It uses dbg/go/program, dbg/target/native and dwarf/.
 *
 * Go code is unwound with pclntab exactly as runtime/traceback.go does it (gentraceback in 1.19,
 * the unwinder of 1.21 and later); C code with libunwind. If a thread is in a signal handler, on
 * the system stack or in C code, those frames come first and are marked, followed by the
 * goroutine's own.
 */
#ifndef GCTXDBG_GO_STACKS_STACK_H
#define GCTXDBG_GO_STACKS_STACK_H

#include "dbg/target/target.h"

struct program;

/* The kind of package that a function is in; depends only on its name. */
enum function_kind {
	FUNCTION_OTHER,	   /* the rest of the standard library; C */
	FUNCTION_PROGRAM,  /* the program's own packages: main, or a path with a dot */
	FUNCTION_LOW,	   /* low-level standard library: sync, net, os, io, internal/… */
	FUNCTION_INTERNAL, /* package runtime and its internals */
};

enum frame_stack {
	FRAME_GOROUTINE,
	FRAME_SYSTEM, /* g0: the scheduler's stack */
	FRAME_SIGNAL, /* the signal handler's stack */
	FRAME_C,      /* C code, on any stack */
};

struct frame {
	uint64_t pc;
	uint64_t sp;
	uint64_t fp;	      /* CFA: the caller's SP at the call */
	uint64_t entry;	      /* address of the function; 0: unknown */
	const char *function; /* belongs to the program */
	const char *file;     /* the same; NULL: unknown (C code) */
	int line;
	enum frame_stack stack;
	enum function_kind kind;
	bool inlined; /* into the next frame that is not inlined, whose pc, sp and fp it has */
};

enum { FRAMES_MAX = 1 << 17 };

/* Can be reused for any number of unwindings; free with stack_deinit(). */
struct stack {
	struct frame *frames;
	size_t count;
	size_t capacity;
	char *problem; /* why it is incomplete, one sentence; NULL if it is complete */
};

void stack_deinit(struct stack *stack);

struct stack_bounds {
	uint64_t low, high; /* 0: unknown */
};

/*
 * Where to start unwinding, and the bounds of the stacks that may be reached. Addresses are the
 * target's; 0: unknown.
 */
struct stack_start {
	const struct user_regs_struct *regs; /* of the thread; NULL: no thread runs it */
	/* Never follow the goroutine's own frames from the registers, only from where it was
	 * saved. */
	bool saved_only;
	uint64_t vdso_pc, vdso_sp; /* of the caller, if the thread is in a vDSO function */
	uint64_t callback_sp;	   /* g0's SP where C last called Go */
	struct stack_bounds goroutine, signal;

	bool has_saved; /* the goroutine was saved at saved_pc, saved_sp and saved_bp */
	bool saved_in_syscall;
	uint64_t saved_pc, saved_sp, saved_bp;

	const char *problem; /* why the result cannot be complete; NULL if it can */
};

/*
 * Unwinds into `ret` (emptied first): what the thread runs, if its registers are given, then the
 * goroutine's own frames. A stack that cannot be followed to its end is not an error: the frames
 * found are in `ret` and `ret->problem` says why it ends.
 */
struct error *stack_unwind(
	struct program *program, const struct stack_start *start, struct stack *ret);

/*
 * How Go frames are followed to their callers: with the table that the runtime itself unwinds with,
 * or (a cross-check) with libunwind and the DWARF in .debug_frame. Functions, inlined calls and
 * the end of a stack come from pclntab in either case.
 */
enum unwinder { UNWINDER_PCLNTAB, UNWINDER_DWARF };

/* ERROR_NOT_FOUND, and no change, if the program and its debug file have no such DWARF. */
struct error *program_set_unwinder(struct program *program, enum unwinder unwinder);

/* "goroutine", "system", "signal", "c". */
const char *frame_stack_name(enum frame_stack stack);

/* The kind of the Go function with this name, as the runtime prints it. */
enum function_kind function_kind(const char *name);

/*
 * True for frames that a user rarely wants to see: package runtime and its internals, such as the
 * innermost frames of a parked goroutine (gopark, chanrecv…).
 */
bool frame_is_runtime(const struct frame *frame);

/* The innermost frame that is not runtime-internal; if all are, the innermost one; NULL for an
 * empty stack. */
const struct frame *stack_user_frame(const struct stack *stack);

/*
 * The frame that best summarises what the goroutine does: the innermost in the program's own
 * packages (main, or a path with a dot: example.com/x); if there is none, the innermost outside the
 * low-level standard library (sync, net, os, io, internal/…), which the goroutine's state already
 * implies; else stack_user_frame().
 */
const struct frame *stack_summary_frame(const struct stack *stack);

#endif
