/* The selected goroutine or thread and its stack: see selection.h. */
#include "commands/goroutines/selection.h"

#include <inttypes.h>
#include <stdio.h>

#include "dbg/go/stacks/function.h"

static const struct thread *find_thread(struct session *session, pid_t tid)
{
	const struct thread *threads;
	size_t count;
	struct error *err = target_threads(session->target, &threads, &count);
	error_destroy(err);
	for (size_t i = 0; !err && i < count; i++) {
		if (threads[i].tid == tid)
			return &threads[i];
	}
	return NULL;
}

/* Selects the goroutine that the first thread runs, else the first goroutine, else that thread. */
static struct error *select_default(struct session *session)
{
	const struct thread *threads;
	size_t count;
	const struct goroutine_list *list;
	struct error *err = target_threads(session->target, &threads, &count);
	if (!err)
		err = program_goroutines(session->program, &list);
	if (err)
		return err;
	const struct go_m *m = count ? program_m_of_thread(session->program, threads[0].tid) : NULL;
	const struct goroutine *goroutine =
		m && m->current_g ? program_goroutine_at(session->program, m->current_g) : NULL;
	if (goroutine)
		select_goroutine(session, goroutine->goid);
	else if (list->count)
		select_goroutine(session, list->items[0].goid);
	else if (count)
		select_thread(session, threads[0].tid);
	else
		return error_create(
			ERROR_NOT_FOUND, "there is no goroutine and no thread to select");
	return NULL;
}

struct error *selected_load(struct session *session, unsigned parts, struct selected *ret)
{
	*ret = (struct selected){0};
	struct error *err = NULL;
	if (!session->selection.goroutine_valid && !session->selection.tid)
		err = select_default(session);
	if (err)
		return err;
	ret->view.program = session->program;
	if (session->selection.goroutine_valid) {
		err = program_goroutine(
			session->program, session->selection.goid, &ret->view.goroutine);
		if (!err)
			err = goroutine_view_load(&ret->view, parts | VIEW_STACK);
		if (!err && ret->view.goroutine->tid)
			ret->thread = find_thread(session, ret->view.goroutine->tid);
		ret->stack = &ret->view.stack;
	} else {
		ret->thread = find_thread(session, session->selection.tid);
		if (!ret->thread)
			err = error_create(ERROR_NOT_FOUND,
				"there is no thread %d any more; see \"threads\"",
				session->selection.tid);
		else
			err = thread_stack(session->program, ret->thread, &ret->thread_stack);
		ret->stack = &ret->thread_stack;
	}
	if (err)
		selected_deinit(ret);
	return err;
}

void selected_deinit(struct selected *selected)
{
	goroutine_view_deinit(&selected->view);
	stack_deinit(&selected->thread_stack);
	*selected = (struct selected){0};
}

/* The innermost user frame, which is known once the stack is loaded. */
static const size_t FRAME_UNSET = SIZE_MAX;

struct error *selected_frame(
	struct session *session, const struct selected *selected, const struct frame **ret)
{
	const struct stack *stack = selected->stack;
	if (!stack->count)
		return error_create(ERROR_NOT_FOUND, "the stack has no frame%s%s",
			stack->problem ? ": " : "", stack->problem ? stack->problem : "");
	if (session->selection.frame == FRAME_UNSET)
		session->selection.frame = (size_t)(stack_user_frame(stack) - stack->frames);
	if (session->selection.frame >= stack->count)
		session->selection.frame = stack->count - 1;
	*ret = &stack->frames[session->selection.frame];
	return NULL;
}

void select_goroutine(struct session *session, uint64_t goid)
{
	session->selection =
		(struct selection){.goroutine_valid = true, .goid = goid, .frame = FRAME_UNSET};
}

void select_thread(struct session *session, pid_t tid)
{
	session->selection = (struct selection){.tid = tid, .frame = FRAME_UNSET};
}
