/* The session's breakpoints: create, find, arm. See break_session.h; break_stop.c handles hits. */
#include "commands/breakpoints/break_session.h"

#include "commands/breakpoints/break_stop.h"
#include "commands/session/arguments.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"

static void extra_deinit(struct break_extra *extra)
{
	block_lines_deinit(&extra->commands);
	break_counts_destroy(extra->counts);
}

static void break_session_destroy(struct break_session *breaks)
{
	breakpoints_destroy(breaks->breakpoints);
	for (size_t i = 0; i < breaks->extra_count; i++)
		extra_deinit(&breaks->extras[i]);
	for (size_t i = 0; i < breaks->pending_count; i++)
		break_event_deinit(&breaks->pending[i]);
	for (size_t i = 0; i < breaks->stop_count; i++)
		break_event_deinit(&breaks->stops[i]);
	free(breaks->pending);
	free(breaks->extras);
	free(breaks->stops);
	error_destroy(breaks->failed);
	free(breaks);
}

static void break_session_close(struct session *session)
{
	/* No thread may hit a breakpoint once it is freed. */
	if (session->target->state == TARGET_RUNNING)
		error_destroy(target_detach(session->target));
	session_settle(session, take_pointer(session->breaks->failed));
	break_session_destroy(take_pointer(session->breaks));
}

static int break_session_fd(const struct session *session)
{
	return session->breaks ? breakpoints_event_fd(session->breaks->breakpoints) : -1;
}

static struct error *break_session_check_replaceable(const struct session *session)
{
	struct breakpoint first;
	if (!session->breaks || !breakpoints_get(session->breaks->breakpoints, 0, &first))
		return NULL;
	return error_create(ERROR_USAGE,
		"delete the breakpoints before you change to another Go runtime: they are in the "
		"code of this one");
}

static const struct session_observer break_session_observer = {
	.collect = break_stop_take,
	.settle = break_stop_settle,
	.close = break_session_close,
	.event_fd = break_session_fd,
	.has_output = break_stop_collect,
	.check_replaceable = break_session_check_replaceable,
};

static struct error *break_session_create(struct session *session)
{
	struct break_session *breaks = calloc(1, sizeof(*breaks));
	if (!breaks)
		return error_no_memory();
	struct error *err = breakpoints_create(session->program, &breaks->breakpoints);
	if (!err)
		err = session_observe(session, &break_session_observer);
	if (err)
		break_session_destroy(breaks);
	else
		session->breaks = breaks;
	return err;
}

struct error *break_session_get(struct session *session, struct break_session **ret)
{
	if (!session->target->ops->cont)
		return error_create(ERROR_GONE,
			"cannot set breakpoints in a %s: attach to a live process",
			session->target->ops->kind);
	struct error *err = session->breaks ? NULL : break_session_create(session);
	*ret = session->breaks;
	return err;
}

struct error *break_session_hold(struct session *session)
{
	enum pause_mode before = session->target->pause;
	pid_t pid = session->target->pid;
	session->target->pause = PAUSE_STOP;
	if (!session->target->is_snapshot)
		return NULL;
	struct error *err = target_hold(session->target);
	if (err)
		session->target->pause = before;
	session_handle_events(session);
	if (err || !session->program)
		return err ? err : session_target_lost(pid);
	session_refresh(session);
	session_set_stop_reason(session, "breakpoints are set");
	if (!break_session_at_prompt(session)) /* else it runs on, see break_change.h */
		session_tell(session,
			"process %d is stopped, because breakpoints are set in the process itself",
			(int)session->target->pid);
	return NULL;
}

bool break_session_at_prompt(const struct session *session)
{
	return session->interactive && !session->script &&
	       !(session->breaks && session->breaks->in_commands);
}

struct error *break_session_get_some(struct session *session, struct break_session **ret)
{
	struct breakpoint first;
	if (!session->breaks && session->target->ops->cont)
		return error_create(ERROR_NOT_FOUND, "there are no breakpoints");
	struct error *err = break_session_get(session, ret);
	if (!err && !breakpoints_get((*ret)->breakpoints, 0, &first))
		err = error_create(ERROR_NOT_FOUND, "there are no breakpoints");
	return err;
}

struct error *break_session_parse_number(const char *text, int *ret)
{
	uint64_t number = 0;
	struct error *err = argument_number(text, "the number of the breakpoint", &number);
	if (err) {
		error_destroy(err);
		err = error_create(ERROR_USAGE,
			"\"%s\" is not a breakpoint number; see \"info breakpoints\"", text);
	} else if (number > INT32_MAX) {
		err = error_create(ERROR_NOT_FOUND, "there is no breakpoint %s", text);
	}
	if (!err)
		*ret = (int)number;
	return err;
}

struct break_extra *break_session_find_extra(const struct break_session *breaks, int number)
{
	for (size_t i = 0; i < breaks->extra_count; i++)
		if (breaks->extras[i].number == number)
			return &breaks->extras[i];
	return NULL;
}

struct break_extra *break_session_extra(struct break_session *breaks, int number)
{
	struct break_extra *extra = break_session_find_extra(breaks, number);
	if (extra)
		return extra;
	if (!array_reserve(&breaks->extras, &breaks->extra_capacity, breaks->extra_count + 1))
		return NULL;
	extra = &breaks->extras[breaks->extra_count++];
	*extra = (struct break_extra){.number = number};
	return extra;
}

void break_session_forget(struct break_session *breaks, int number)
{
	struct break_extra *extra = break_session_find_extra(breaks, number);
	if (!extra)
		return;
	extra_deinit(extra);
	*extra = breaks->extras[--breaks->extra_count];
}

struct error *break_session_find(
	const struct break_session *breaks, int number, struct breakpoint *ret)
{
	char list[128] = "";
	for (size_t i = 0; breakpoints_get(breaks->breakpoints, i, ret); i++) {
		if (ret->number == number)
			return NULL;
		size_t used = strlen(list);
		snprintf(list + used, sizeof(list) - used, "%s%d", used ? ", " : "", ret->number);
	}
	return error_create(ERROR_NOT_FOUND, "there is no breakpoint %d; there %s%s", number,
		*list ? "are: " : "are none", list);
}

struct error *break_session_arm(struct session *session)
{
	if (!session->breaks)
		return NULL;
	struct error *err = break_session_is_armed(session) ? break_session_hold(session) : NULL;
	return err ? err : breakpoints_arm(session->breaks->breakpoints);
}

bool break_session_is_armed(const struct session *session)
{
	struct breakpoint breakpoint;
	for (size_t i = 0;
		session->breaks && breakpoints_get(session->breaks->breakpoints, i, &breakpoint);
		i++)
		if (breakpoint.enabled)
			return true;
	return false;
}

struct error *break_session_suspend(struct session *session, int **ret, size_t *ret_count)
{
	struct breakpoint breakpoint;
	size_t capacity = 0;
	*ret = NULL;
	*ret_count = 0;
	if (!session->breaks)
		return NULL;
	struct breakpoints *breakpoints = session->breaks->breakpoints;
	for (size_t i = 0; breakpoints_get(breakpoints, i, &breakpoint); i++) {
		const struct break_extra *extra =
			break_session_find_extra(session->breaks, breakpoint.number);
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

struct error *break_session_resume(struct session *session, int *numbers, size_t count)
{
	struct error *err = NULL;
	for (size_t i = 0; !err && session->breaks && i < count; i++)
		err = breakpoints_enable(session->breaks->breakpoints, numbers[i], true);
	free(numbers);
	return err;
}
