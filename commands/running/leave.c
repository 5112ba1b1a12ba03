/* The commands that stop, leave or end the target: interrupt, detach, kill, quit. */
#include "commands/session/registry.h"
#include "commands/running/run.h"
#include "dbg/go/program/program.h"

/* Looks at the process itself instead of a snapshot. */
static struct error *hold(struct shell *shell)
{
	struct error *err = target_hold(shell->target);
	shell_handle_events(shell);
	if (!err)
		program_refresh(shell->program);
	if (!err)
		shell_tell(shell, "process %d is stopped", (int)shell->target->pid);
	return err;
}

static struct error *run_interrupt(struct shell *shell, const struct arguments *arguments)
{
	(void)arguments;
	const struct target *target = shell->target;
	if (target->is_snapshot && target->pause == PAUSE_STOP)
		return hold(shell);
	if (target->is_snapshot) {
		shell_tell(shell,
			"you look at a snapshot of process %d, which runs: \"snapshot\" makes a "
			"new one; "
			"\"set pause stop\" before \"interrupt\" stops the process itself",
			(int)target->pid);
		return NULL;
	}
	if (target->ops->cont && target->state == TARGET_STOPPED) {
		shell_tell(shell, "process %d is stopped already", (int)target->pid);
		return NULL;
	}
	return shell_stop(shell);
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

static struct error *run_detach(struct shell *shell, const struct arguments *arguments)
{
	(void)arguments;
	int pid = (int)shell->target->pid;
	struct error *err = target_detach(shell->target);
	if (err)
		return err;
	shell_close_target(shell);
	shell_tell(shell, "process %d runs on without us", pid);
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

static struct error *run_kill(struct shell *shell, const struct arguments *arguments)
{
	bool ask = shell->interactive && !shell->script && !argument_given(arguments, "yes");
	if (ask && shell->target->ops->kill && !confirm(shell->target))
		return error_create(ERROR_CANCELLED, "not killed");
	int pid = (int)shell->target->pid;
	struct error *err = target_kill(shell->target);
	if (err)
		return err;
	shell_close_target(shell);
	shell_tell(shell, "process %d has been killed", pid);
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

static struct error *run_quit(struct shell *shell, const struct arguments *arguments)
{
	(void)arguments;
	shell->quit = true;
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
