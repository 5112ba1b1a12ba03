/* The commands that stop, leave or end the target: interrupt, detach, kill, quit. */
#include "commands/session/registry.h"
#include "commands/running/run.h"
#include "dbg/go/go_program.h"

/* Looks at the process itself instead of a snapshot. */
static struct error *hold(struct session *session)
{
	struct error *err = target_hold(session->target);
	session_handle_events(session);
	if (!err)
		program_refresh(session->program);
	if (!err)
		session_tell(session, "process %d is stopped", (int)session->target->pid);
	return err;
}

static struct error *run_interrupt(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	const struct target *target = session->target;
	if (target->is_snapshot && target->pause == PAUSE_STOP)
		return hold(session);
	if (target->is_snapshot) {
		session_tell(session,
			"you look at a snapshot of process %d, which runs: \"snapshot\" makes a "
			"new one; "
			"\"set pause stop\" before \"interrupt\" stops the process itself",
			(int)target->pid);
		return NULL;
	}
	if (target->ops->cont && target->state == TARGET_STOPPED) {
		session_tell(session, "process %d is stopped already", (int)target->pid);
		return NULL;
	}
	return session_stop(session);
}

static const struct command interrupt_command = {
	.name = "interrupt",
	.group = GROUP_RUNNING,
	.usage = "interrupt",
	.summary = "Stops all threads of a running process",
	.help = "With --pause=fork (or after \"set pause fork\") it takes a snapshot instead, and "
		"the process runs on.",
	.example = "interrupt",
	.needs_target = true,
	.run = run_interrupt,
};
REGISTER_COMMAND(interrupt_command);

static struct error *run_detach(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	int pid = (int)session->target->pid;
	struct error *err = target_detach(session->target);
	if (err)
		return err;
	session_close_target(session);
	session_tell(session, "process %d runs on without us", pid);
	return NULL;
}

static const struct command detach_command = {
	.name = "detach",
	.group = GROUP_RUNNING,
	.usage = "detach",
	.summary = "Leaves the process running, but not the debugger",
	.example = "detach",
	.needs_target = true,
	.run = run_detach,
};
REGISTER_COMMAND(detach_command);

/* Asks on the terminal; false is anything but yes. */
static bool confirm(const struct target *target)
{
	char answer[16] = "";
	fprintf(stderr, "kill process %d (%s)? (y/N) ", (int)target->pid,
		target->exe_name ? target->exe_name : "?");
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static struct error *run_kill(struct session *session, const struct arguments *arguments)
{
	bool ask = session->interactive && !session->script && !argument_given(arguments, "yes");
	if (ask && session->target->ops->kill && !confirm(session->target))
		return error_create(ERROR_CANCELLED, "not killed");
	int pid = (int)session->target->pid;
	struct error *err = target_kill(session->target);
	if (err)
		return err;
	session_close_target(session);
	session_tell(session, "process %d has been killed", pid);
	return NULL;
}

static const struct command_option kill_options[] = {
	{.name = "yes", .letter = 'y', .help = "do not ask"},
	{0},
};

static const char *const kill_aliases[] = {"k", NULL};

static const struct command kill_command = {
	.name = "kill",
	.aliases = kill_aliases,
	.group = GROUP_RUNNING,
	.usage = "kill [--yes]",
	.summary = "Kills the process; asks at a prompt",
	.example = "kill --yes",
	.options = kill_options,
	.needs_target = true,
	.run = run_kill,
};
REGISTER_COMMAND(kill_command);

static struct error *run_quit(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	session->quit = true;
	return NULL;
}

static const char *const quit_aliases[] = {"q", "exit", NULL};

static const struct command quit_command = {
	.name = "quit",
	.aliases = quit_aliases,
	.group = GROUP_SESSION,
	.usage = "quit",
	.summary = "Leaves; a live process runs on",
	.help = "End of input (Ctrl-D), SIGTERM and SIGHUP do the same.",
	.example = "quit",
	.run = run_quit,
};
REGISTER_COMMAND(quit_command);
