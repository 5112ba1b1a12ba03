/*
 * Unwinding one kind of code at a time. Private to dbg/go: stack.c chooses where to start and goes
 * from stack to stack; unwind_go.c and unwind_c.c follow the frames of one.
 */
#ifndef GCTXDBG_GO_STACKS_UNWIND_H
#define GCTXDBG_GO_STACKS_UNWIND_H

#include "dbg/go/program/program_state.h"
#include "dbg/go/stacks/stack.h"

/* Where unwinding stands. */
struct position {
	struct user_regs_struct
		regs;	  /* rip, rsp and rbp hold; for C code the others too, if known */
	bool exact;	  /* rip is the instruction itself, not a return address */
	bool interrupted; /* the same, where the runtime takes it for a return address: until 1.20
			     its tracebacks did not know of preemption */
	bool syscall;	  /* taken from g.syscallpc and g.syscallsp */
};

/* One run over a contiguous stack. */
struct segment {
	enum frame_stack kind;
	struct stack_bounds bounds;
};

enum segment_end {
	SEGMENT_TOP,	/* outermost function, or one past which nothing is known */
	SEGMENT_SIGNAL, /* a signal handler's; the position is the interrupted one */
	SEGMENT_SWITCH, /* came here from another stack */
	SEGMENT_OTHER,	/* the position is in the other language now */
	SEGMENT_BROKEN,
};

enum { WINDOW_BYTES = 1024 };

struct unwinding {
	struct program *program;
	struct stack *stack;
	struct stack_bounds goroutine, signal;
	uint64_t callback_sp; /* g0's SP where C last called Go; 0 none */
	/* A copy of the part of the stack that is being followed: it is read in one go, not a word
	 * at a time. */
	uint64_t window_start;
	size_t window_size;
	uint8_t window[WINDOW_BYTES];
};

/* Reads from the stack, through the window: neighbours are likely to be read next. */
struct error *unwind_read(struct unwinding *u, uint64_t address, void *ret, size_t size);

/* Says why the stack is incomplete; the first reason counts. */
__attribute__((format(printf, 2, 3))) void stack_problem(
	struct stack *stack, const char *format, ...);
/* False when that was not possible; the stack's problem says why. */
bool stack_append(struct stack *stack, const struct frame *frame);
/* The frames from `first` on belong to a signal handler. */
void stack_mark_signal(struct stack *stack, size_t first);

/*
 * Both append the frames from `at` on and leave there where they ended: at code in the other
 * language (SEGMENT_OTHER), at what a signal interrupted (SEGMENT_SIGNAL), or at the last frame.
 */
enum segment_end unwind_go(struct unwinding *u, const struct segment *segment, struct position *at);
enum segment_end unwind_c(struct unwinding *u, struct position *at);

/*
 * Go that C called: the goroutine's frames go on beyond cgocallback (at `callback`) with whatever
 * called C, and the C frames in between are on g0's stack: appends those.
 */
void unwind_callers_in_c(struct unwinding *u, const struct position *callback);

struct unwind_info;

/*
 * The caller of the Go frame at `at` by DWARF: its stack pointer (the frame's fp) and its pc. False
 * when DWARF does not know it; the stack's problem says so.
 */
bool unwind_dwarf_caller(struct unwinding *u, const struct unwind_info *plan,
	const struct position *at, uint64_t *ret_fp, uint64_t *ret_pc);

#endif
