/*
 * What `bt`, `frame`, `regs` and `list` are about: the selected goroutine or thread, its stack, the
 * selected frame.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_SELECTION_H
#define GCTXDBG_COMMANDS_GOROUTINES_SELECTION_H

#include "commands/goroutines/goroutine_view.h"

struct selected {
	struct goroutine_view view; /* of the goroutine; goroutine NULL when a thread is selected */
	const struct thread
		*thread; /* the selected thread, or the one that runs the goroutine; NULL none */
	struct stack thread_stack;
	const struct stack *stack; /* the one or the other */
};

/*
 * Resolves the selection, choosing one if the user has not: the goroutine of the thread that
 * stopped first (in a core the one that crashed), else goroutine 1. `parts` are loaded besides the
 * stack. Free with selected_deinit().
 */
struct error *selected_load(struct session *session, unsigned parts, struct selected *ret);
void selected_deinit(struct selected *selected);

/* The selected frame; ERROR_NOT_FOUND when the stack has none. */
struct error *selected_frame(
	struct session *session, const struct selected *selected, const struct frame **ret);

/* Makes goroutine `goid` the selected one, with its innermost user frame. */
void select_goroutine(struct session *session, uint64_t goid);
void select_thread(struct session *session, pid_t tid);

#endif
