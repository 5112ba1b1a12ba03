/* The commands that leave or end the target: detach, kill, quit. */
#include "commands/session/message.h"
#include "commands/session/registry.h"
#include "commands/session/session_target.h"

static struct error *run_detach(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	int pid = (int)session->target->pid;
	struct error *err = target_detach(session->target);
	if (err)
		return err;
	session_close_target(session);
	session_tell(session, "detached from process %d, which keeps running", pid);
	return NULL;
}

static const struct command detach_command = {
	.name = "detach",
	.group = GROUP_RUNNING,
	.usage = "detach",
	.summary = "Detaches from the process, which keeps running; the debugger stays open",
	.example = "detach",
	.needs_target = true,
	.run = run_detach,
};
REGISTER_COMMAND(detach_command);

static struct error *run_kill(struct session *session, const struct arguments *arguments)
{
	int pid = (int)session->target->pid;
	const char *name = session->target->exe_name;
	if (session->target->ops->kill && !argument_given(arguments, "yes") &&
		!session_confirm(session, "kill process %d (%s)?", pid, name ? name : "?"))
		return error_create(ERROR_CANCELLED, "not killed");
	struct error *err = target_kill(session->target);
	if (err)
		return err;
	session_close_target(session);
	session_tell(session, "killed process %d", pid);
	return NULL;
}

static const struct command_option kill_options[] = {
	{.name = "yes", .letter = 'y', .help = "do not ask for confirmation"},
	{0},
};

static const char *const kill_aliases[] = {"k", NULL};

static const struct command kill_command = {
	.name = "kill",
	.aliases = kill_aliases,
	.group = GROUP_RUNNING,
	.usage = "kill [--yes]",
	.summary = "Kills the process; asks for confirmation at a prompt",
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
	.summary = "Exits the debugger; a live process keeps running",
	.help = "End of input (Ctrl-D), SIGTERM and SIGHUP do the same.",
	.example = "quit",
	.run = run_quit,
};
REGISTER_COMMAND(quit_command);
