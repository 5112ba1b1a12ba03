/*
 * The words of a frame's arguments, which need no DWARF: the compiler records for Go's tracebacks
 * where they are.
 */
#ifndef GCTXDBG_GO_STACKS_FRAME_ARGUMENTS_H
#define GCTXDBG_GO_STACKS_FRAME_ARGUMENTS_H

#include "dbg/go/stacks/stack.h"

struct frame_arguments {
	/*
	 * As Go's tracebacks print them between the parentheses: "0x1, {0x2, 0x3}, ...". A word
	 * that was in a register and may have changed since has a "?"; "_" is not recorded. "..."
	 * for an inlined call. malloc'ed.
	 */
	char *text;
	bool recorded;	  /* false: inlined, or assembly that does not declare its arguments */
	bool first_known; /* there is a first word, and it is current */
	uint64_t first;
};

/*
 * The arguments of frame `index`. `thread` runs the goroutine; NULL if none does. `ret->text` must
 * be freed. Fails if a word cannot be read.
 *
 * Sources: runtime/traceback.go printArgs, cmd/compile/internal/ssagen emitArgInfo, releases 1.19
 * and 1.21 to 1.27.
 */
struct error *frame_arguments_read(struct program *program, const struct stack *stack, size_t index,
	const struct thread *thread, struct frame_arguments *ret);

/*
 * The type of the receiver by the function's name: "*net/http.Server" for
 * net/http.(*Server).Serve. `*ret` is malloc'ed; NULL if it is no method with a pointer receiver.
 */
struct error *function_receiver(const char *function, char **ret);

/* Whether the frame's pc is that of the next instruction, not a return address. `thread` as
 * above. */
bool frame_is_exact(const struct stack *stack, size_t index, const struct thread *thread);

#endif
