/*
 * Unwinding one kind of code at a time. Private to this folder: stack.c moves from stack to stack;
 * unwind_go.c and unwind_c.c follow the frames of one.
 */
#ifndef GCTXDBG_GO_STACKS_UNWIND_H
#define GCTXDBG_GO_STACKS_UNWIND_H

#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/stack.h"
#include "dbg/go/stacks/stack_window.h"

/* The current frame. */
struct position {
	struct user_regs_struct
		regs;	  /* rip, rsp and rbp are valid; for C code the others too, if known */
	bool exact;	  /* rip is the current instruction, not a return address */
	bool interrupted; /* the same, even where the runtime treats it as a return address: up to
			     1.20 its tracebacks did so after a preemption */
	bool syscall;	  /* taken from g.syscallpc and g.syscallsp */
};

/* One contiguous stack. */
struct segment {
	enum frame_stack kind;
	struct stack_bounds bounds;
};

enum segment_end {
	SEGMENT_TOP,	/* the outermost function, or one whose caller is unknown */
	SEGMENT_SIGNAL, /* the end of a signal handler; the position is the interrupted one */
	SEGMENT_SWITCH, /* a function that switched here from another stack */
	SEGMENT_OTHER,	/* the position is in the other language (Go or C) */
	SEGMENT_BROKEN,
};

struct unwinding {
	struct program *program;
	struct stack *stack;
	struct stack_bounds goroutine, signal;
	uint64_t callback_sp;	     /* g0's SP where C last called Go; 0: none */
	uint64_t saved_pc, saved_bp; /* where the goroutine was saved; 0: unknown */
	struct stack_window window;  /* the current part of the goroutine's stack */
};

/* Records why the stack is incomplete; the first reason is kept. */
__attribute__((format(printf, 2, 3))) void stack_problem(
	struct stack *stack, const char *format, ...);
/* False on failure; the stack's problem says why. */
bool stack_append(struct stack *stack, const struct frame *frame);
/* Marks the frames from `first` on as a signal handler's. */
void stack_mark_signal(struct stack *stack, size_t first);

/*
 * Both append the frames from `at` on and update `at`: to code in the other language
 * (SEGMENT_OTHER), to the interrupted code (SEGMENT_SIGNAL), or to the last frame.
 */
enum segment_end unwind_go(struct unwinding *u, const struct segment *segment, struct position *at);
enum segment_end unwind_c(struct unwinding *u, struct position *at);

/*
 * For Go code that C called: appends the C frames that called it. They are on g0's stack, between
 * cgocallback (at `callback`) and the goroutine's next frame, which called C.
 */
void unwind_callers_in_c(struct unwinding *u, const struct position *callback);

struct unwind_info;

/*
 * Finds the caller of the Go frame at `at` by DWARF: its stack pointer (the frame's fp) and its pc.
 * False if the DWARF has no rule for it; the stack's problem says so.
 */
bool unwind_dwarf_caller(struct unwinding *u, const struct unwind_info *info,
	const struct position *at, uint64_t *ret_fp, uint64_t *ret_pc);

#endif
