/* The command `interrupt`. */
#include "commands/session/message.h"
#include "commands/session/registry.h"
#include "commands/session/session_events.h"
#include "commands/session/session_target.h"

/* Stops the process itself, when the session had a snapshot of it. */
static struct error *hold(struct session *session)
{
	pid_t pid = session->target->pid;
	struct error *err = target_hold(session->target);
	session_handle_events(session);
	if (err)
		return err;
	/* SIGTERM, or the end of the process, closes the target. */
	if (!session->program)
		return session_target_lost(pid);
	session_refresh(session);
	session_set_stop_reason(session, "interrupted");
	session_tell(session, "process %d is stopped", (int)pid);
	return NULL;
}

static struct error *run_interrupt(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	const struct target *target = session->target;
	if (target->is_snapshot && target->pause == PAUSE_STOP)
		return hold(session);
	if (target->is_snapshot) {
		session_tell(session,
			"this is a snapshot of process %d, which is running: \"snapshot\" takes a "
			"new one; \"set pause stop\" before \"interrupt\" stops the process itself",
			(int)target->pid);
		return NULL;
	}
	if (target->ops->cont && target->state == TARGET_STOPPED) {
		session_tell(session, "process %d is already stopped", (int)target->pid);
		return NULL;
	}
	return session_stop(session);
}

static const struct command interrupt_command = {
	.name = "interrupt",
	.group = GROUP_RUNNING,
	.usage = "interrupt",
	.summary = "Stops all threads of a running process",
	.help = "With --pause=fork, or after \"set pause fork\", if no breakpoints are set, it takes "
		"a snapshot instead and "
		"the process keeps running.",
	.example = "interrupt",
	.needs_target = true,
	.run = run_interrupt,
};
REGISTER_COMMAND(interrupt_command);
