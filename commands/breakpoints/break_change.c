/* Changing breakpoints of a process that runs: see break_change.h. */
#include "commands/breakpoints/break_change.h"

#include "commands/breakpoints/break_stop.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"

/* Stops the running process without reporting it. */
static struct error *stop_for_change(struct session *session, struct break_change *change)
{
	pid_t pid = session->target->pid;
	struct stop_wait wait = {.outer = session->wait, .internal = true};
	session->wait = &wait;
	struct error *err = target_hold(session->target);
	session_handle_events(session);
	session->wait = wait.outer;
	change->stays |= wait.in_breakpoint;
	if (!session->program) {
		error_destroy(err);
		return session_target_lost(pid);
	}
	if (err)
		return err;
	session->stop_reported = true;
	session_refresh(session);
	return NULL;
}

struct error *break_change_begin(struct session *session, struct break_change *ret)
{
	*ret = (struct break_change){.ran = session->target->state == TARGET_RUNNING,
		.was_copy = session->target->is_snapshot};
	return ret->ran ? stop_for_change(session, ret) : NULL;
}

/* Whether the change has to let the process run. */
static bool runs_on(const struct session *session, const struct break_change *change)
{
	return change->ran || (change->was_copy && break_session_at_prompt(session) &&
				      break_session_is_armed(session));
}

static struct error *let_run(struct session *session)
{
	pid_t pid = session->target->pid;
	struct error *err = break_session_arm(session);
	if (!session->program) {
		error_destroy(err);
		return session_target_lost(pid);
	}
	/* It also runs on if a breakpoint could not be set. */
	struct error *resume_err = session_resume(session);
	if (!err)
		return resume_err;
	error_destroy(resume_err);
	return err;
}

struct error *break_change_end(
	struct session *session, const struct break_change *change, struct error *err)
{
	if (!session->target || !session->program || !runs_on(session, change))
		return err;
	/* If it has hit a breakpoint, it stays stopped; the stop is shown after the command. */
	break_stop_take(session);
	if (change->stays || (session->breaks && session->breaks->stop_count))
		return err;
	struct error *run_err = let_run(session);
	if (!run_err && !change->ran)
		session_tell(session,
			"process %d runs on with its breakpoints set; \"interrupt\" "
			"stops it",
			(int)session->target->pid);
	if (!err)
		return run_err;
	error_destroy(run_err);
	return err;
}
