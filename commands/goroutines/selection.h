/*
 * The selected goroutine or thread, its stack and the selected frame, for `bt`, `frame`, `regs`,
 * `list` and others.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_SELECTION_H
#define GCTXDBG_COMMANDS_GOROUTINES_SELECTION_H

#include "commands/goroutines/goroutine_view.h"

struct selected {
	struct goroutine_view view;  /* view.goroutine is NULL if a thread is selected */
	const struct thread *thread; /* the selected one, or the one that runs the goroutine; NULL:
					none */
	struct stack thread_stack;
	const struct stack *stack; /* view.stack or thread_stack */
};

/*
 * Loads the selection. If nothing is selected, selects the goroutine of the thread that stopped
 * first (in a core the one that crashed), else the first goroutine, else a thread. `parts` (enum
 * view_part) are loaded in addition to the stack. Free with selected_deinit(). ERROR_NOT_FOUND if
 * the goroutine or thread no longer exists; it is then not selected any more.
 */
struct error *selected_load(struct session *session, unsigned parts, struct selected *ret);
void selected_deinit(struct selected *selected);

/*
 * Returns the selected frame, valid as long as `selected`; ERROR_NOT_FOUND if the stack is empty.
 * After the target ran, that is the same function at the same distance from the outermost frame;
 * if that has returned, the innermost user frame is selected, with a notice.
 */
struct error *selected_frame(
	struct session *session, const struct selected *selected, const struct frame **ret);

/*
 * If the target ran since a goroutine was selected and that goroutine has ended, says so and
 * deselects it. For the prompt, which names the selection.
 */
void selection_check(struct session *session);

/* Selects frame `number` of the selected goroutine or thread. */
void select_frame(struct session *session, size_t number);

/* Selects goroutine `goid` and its innermost user frame. */
void select_goroutine(struct session *session, uint64_t goid);
void select_thread(struct session *session, pid_t tid);

#endif
