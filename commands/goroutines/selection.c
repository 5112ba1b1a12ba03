/* The selected goroutine or thread and its stack: see selection.h. */
#include "commands/goroutines/selection.h"

#include <inttypes.h>
#include <stdio.h>

#include "commands/session/message.h"
#include "commands/session/session_target.h"
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

/* The error for a selected goroutine or thread that has ended, which is deselected. */
static struct error *selection_ended(struct session *session)
{
	struct selection ended = session->selection;
	session->selection = (struct selection){0};
	if (ended.goroutine_valid)
		return error_create(ERROR_NOT_FOUND,
			"goroutine %" PRIu64 ", which was selected, has ended; \"goroutine ID\" "
			"selects another",
			ended.goid);
	return error_create(
		ERROR_NOT_FOUND, "there is no thread %d any more; see \"threads\"", ended.tid);
}

/* Finds the selected goroutine. */
static struct error *find_goroutine(struct session *session, const struct goroutine **ret)
{
	struct selection *selection = &session->selection;
	/* Loads only this one: there may be a million. */
	struct error *err =
		selection->g ? program_load_goroutine(session->program, selection->g) : NULL;
	if (!err)
		err = program_goroutine(session->program, selection->goid, ret);
	if (!err) {
		selection->g = (*ret)->address;
	} else if (err->code == ERROR_NOT_FOUND && selection->ran) {
		error_destroy(err);
		err = selection_ended(session);
	}
	return err;
}

void selection_check(struct session *session)
{
	const struct goroutine *goroutine;
	if (!session->selection.goroutine_valid || !session->selection.ran ||
		!session_can_read_target(session))
		return;
	struct error *err = find_goroutine(session, &goroutine);
	if (err && err->code == ERROR_NOT_FOUND)
		session_tell(session, "%s", err->message);
	error_destroy(err);
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
		err = find_goroutine(session, &ret->view.goroutine);
		if (!err)
			err = goroutine_view_load(&ret->view, parts | VIEW_STACK);
		if (!err && ret->view.goroutine->tid)
			ret->thread = find_thread(session, ret->view.goroutine->tid);
		ret->stack = &ret->view.stack;
	} else {
		ret->thread = find_thread(session, session->selection.tid);
		if (!ret->thread)
			err = selection_ended(session);
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

static uint64_t hash_name(const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return hash;
}

/* Finds the selected frame in the stack that the target has after it ran. */
static void find_frame_again(struct session *session, const struct stack *stack)
{
	struct selection *selection = &session->selection;
	selection->ran = false;
	if (selection->frame == FRAME_UNSET)
		return;
	if (selection->outer < stack->count) {
		size_t at = stack->count - 1 - selection->outer;
		if (hash_name(stack->frames[at].function) == selection->function) {
			selection->frame = at;
			return;
		}
	}
	selection->frame = FRAME_UNSET;
	session_tell(session, "the selected frame has returned; now selected: %s",
		stack_user_frame(stack)->function);
}

struct error *selected_frame(
	struct session *session, const struct selected *selected, const struct frame **ret)
{
	const struct stack *stack = selected->stack;
	if (!stack->count)
		return error_create(ERROR_NOT_FOUND, "the stack has no frame%s%s",
			stack->problem ? ": " : "", stack->problem ? stack->problem : "");
	struct selection *selection = &session->selection;
	if (selection->ran)
		find_frame_again(session, stack);
	if (selection->frame == FRAME_UNSET)
		selection->frame = (size_t)(stack_user_frame(stack) - stack->frames);
	if (selection->frame >= stack->count)
		selection->frame = stack->count - 1;
	*ret = &stack->frames[selection->frame];
	selection->outer = stack->count - 1 - selection->frame;
	selection->function = hash_name((*ret)->function);
	return NULL;
}

void select_frame(struct session *session, size_t number)
{
	session->selection.frame = number;
	session->selection.ran = false;
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
