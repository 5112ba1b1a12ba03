/* The session's breakpoints: making, finding, arming. What happens at them is in break_stop.c. */
#include "commands/breakpoints/break_session.h"

#include "dbg/go/program/program.h"

static void extra_deinit(struct break_extra *extra)
{
	block_lines_deinit(&extra->commands);
	break_counts_destroy(extra->counts);
}

struct error *break_session_get(struct shell *shell, struct break_session **ret)
{
	if (!shell->target->ops->cont)
		return error_create(ERROR_GONE,
			"a %s cannot run, and so meets no breakpoint: attach to a live process",
			shell->target->ops->kind);
	if (!shell->breaks) {
		struct break_session *session = calloc(1, sizeof(*session));
		if (!session)
			return error_no_memory();
		struct error *err = breakpoints_create(shell->program, &session->breakpoints);
		if (err) {
			free(session);
			return err;
		}
		shell->breaks = session;
	}
	*ret = shell->breaks;
	return NULL;
}

struct error *break_session_hold(struct shell *shell)
{
	enum pause_mode before = shell->target->pause;
	shell->target->pause = PAUSE_STOP;
	if (!shell->target->is_snapshot)
		return NULL;
	struct error *err = target_hold(shell->target);
	if (err)
		shell->target->pause = before;
	shell_handle_events(shell);
	if (err || !shell->program)
		return err ? err : error_create(ERROR_GONE, "the process is gone");
	program_refresh(shell->program);
	shell_tell(shell, "process %d is stopped, for breakpoints are set in the process itself",
		(int)shell->target->pid);
	return NULL;
}

struct error *break_session_get_some(struct shell *shell, struct break_session **ret)
{
	struct breakpoint first;
	if (!shell->breaks && shell->target->ops->cont)
		return error_create(ERROR_NOT_FOUND, "there is no breakpoint");
	struct error *err = break_session_get(shell, ret);
	if (!err && !breakpoints_get((*ret)->breakpoints, 0, &first))
		err = error_create(ERROR_NOT_FOUND, "there is no breakpoint");
	return err;
}

struct error *break_session_parse_number(const char *text, int *ret)
{
	uint64_t number = 0;
	struct error *err = argument_number(text, "the number of the breakpoint", &number);
	if (err) {
		error_destroy(err);
		err = error_create(ERROR_USAGE,
			"\"%s\" is no number of a breakpoint (\"info breakpoints\" tells them)",
			text);
	} else if (number > INT32_MAX) {
		err = error_create(ERROR_NOT_FOUND, "there is no breakpoint %s", text);
	}
	if (!err)
		*ret = (int)number;
	return err;
}

void break_session_destroy(struct break_session *session)
{
	if (!session)
		return;
	breakpoints_destroy(session->breakpoints);
	for (size_t i = 0; i < session->extra_count; i++)
		extra_deinit(&session->extras[i]);
	for (size_t i = 0; i < session->pending_count; i++)
		break_event_deinit(&session->pending[i]);
	for (size_t i = 0; i < session->stop_count; i++)
		break_event_deinit(&session->stops[i]);
	free(session->pending);
	free(session->extras);
	free(session->stops);
	error_destroy(session->failed);
	free(session);
}

struct break_extra *break_session_find_extra(const struct break_session *session, int number)
{
	for (size_t i = 0; i < session->extra_count; i++)
		if (session->extras[i].number == number)
			return &session->extras[i];
	return NULL;
}

struct break_extra *break_session_extra(struct break_session *session, int number)
{
	struct break_extra *extra = break_session_find_extra(session, number);
	if (extra)
		return extra;
	if (!array_reserve(&session->extras, &session->extra_capacity, session->extra_count + 1))
		return NULL;
	extra = &session->extras[session->extra_count++];
	*extra = (struct break_extra){.number = number};
	return extra;
}

void break_session_forget(struct break_session *session, int number)
{
	struct break_extra *extra = break_session_find_extra(session, number);
	if (!extra)
		return;
	extra_deinit(extra);
	*extra = session->extras[--session->extra_count];
}

struct error *break_session_find(
	const struct break_session *session, int number, struct breakpoint *ret)
{
	char list[128] = "";
	for (size_t i = 0; breakpoints_get(session->breakpoints, i, ret); i++) {
		if (ret->number == number)
			return NULL;
		size_t used = strlen(list);
		snprintf(list + used, sizeof(list) - used, "%s%d", used ? ", " : "", ret->number);
	}
	return error_create(ERROR_NOT_FOUND, "there is no breakpoint %d; there %s%s", number,
		*list ? "are: " : "are none", list);
}

struct error *break_session_arm(struct shell *shell)
{
	if (!shell->breaks)
		return NULL;
	struct error *err = break_session_is_armed(shell) ? break_session_hold(shell) : NULL;
	return err ? err : breakpoints_arm(shell->breaks->breakpoints);
}

bool break_session_is_armed(const struct shell *shell)
{
	struct breakpoint breakpoint;
	for (size_t i = 0;
		shell->breaks && breakpoints_get(shell->breaks->breakpoints, i, &breakpoint); i++)
		if (breakpoint.enabled)
			return true;
	return false;
}

struct error *break_session_suspend(struct shell *shell, int **ret, size_t *ret_count)
{
	struct breakpoint breakpoint;
	size_t capacity = 0;
	*ret = NULL;
	*ret_count = 0;
	if (!shell->breaks)
		return NULL;
	struct breakpoints *breakpoints = shell->breaks->breakpoints;
	for (size_t i = 0; breakpoints_get(breakpoints, i, &breakpoint); i++) {
		const struct break_extra *extra =
			break_session_find_extra(shell->breaks, breakpoint.number);
		if (!breakpoint.enabled || (extra && extra->counts))
			continue;
		if (!array_reserve(ret, &capacity, *ret_count + 1))
			return error_no_memory();
		struct error *err = breakpoints_enable(breakpoints, breakpoint.number, false);
		if (err)
			return err;
		(*ret)[(*ret_count)++] = breakpoint.number;
	}
	return breakpoints_arm(breakpoints);
}

struct error *break_session_resume(struct shell *shell, int *numbers, size_t count)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && shell->breaks && i < count; i++)
		err = breakpoints_enable(shell->breaks->breakpoints, numbers[i], true);
	free(numbers);
	return err;
}

int break_session_fd(const struct shell *shell)
{
	return shell->breaks ? breakpoints_event_fd(shell->breaks->breakpoints) : -1;
}
