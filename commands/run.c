/* The commands that let the target run or leave it: continue, interrupt, detach, kill, quit. */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "commands/interrupt.h"
#include "commands/registry.h"
#include "commands/run.h"
#include "commands/snapshot.h"
#include "dbg/go/program.h"

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Stops a running target and tells so. */
static struct error *stop(struct shell *shell)
{
	/* The Ctrl-C that asks for it must not cancel it; a script shall still see it afterwards.
	 */
	bool cancelled = atomic_exchange(&shell->cancel, false);
	bool by_snapshot = shell->target->pause == PAUSE_FORK;
	struct error *err = target_interrupt(shell->target);
	if (!err && by_snapshot)
		snapshot_tell(shell);
	if (cancelled)
		shell->cancel = true;
	shell_handle_events(shell);
	if (!err && shell->program)
		program_refresh(shell->program);
	return err;
}

/* Waits until the target stops or is gone, Ctrl-C, or the deadline (INT64_MAX: none); the last two
 * stop it. */
static struct error *wait_for_stop(struct shell *shell, int64_t deadline_ns)
{
	while (shell->target && shell->target->state == TARGET_RUNNING && !shell->quit) {
		int64_t left_ns = deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - now_ns();
		if (shell->cancel || left_ns <= 0)
			return stop(shell);
		/* A wait of at most a minute at a time: the rest does not fit into an int. */
		int64_t timeout_ms = left_ns / 1000000 + 1;
		struct pollfd fds[] = {
			{.fd = shell->target->event_fd, .events = POLLIN},
			{.fd = interrupt_fd(), .events = POLLIN},
		};
		poll(fds, array_length(fds), timeout_ms < 60000 ? (int)timeout_ms : 60000);
		if (fds[1].revents)
			interrupt_drain();
		shell_handle_events(shell);
	}
	return NULL;
}

enum { LIVES_MS = 100 };

/* Waits, not for longer than the process lives; ERROR_CANCELLED after Ctrl-C. */
static struct error *wait_and_cancel(struct shell *shell, int64_t duration_ns)
{
	int64_t end_ns;
	if (__builtin_add_overflow(now_ns(), duration_ns, &end_ns))
		end_ns = INT64_MAX;
	while (!shell->cancel && !shell->quit && now_ns() < end_ns &&
		target_program_lives(shell->target)) {
		struct pollfd fds[] = {
			{.fd = shell->target->event_fd, .events = POLLIN},
			{.fd = interrupt_fd(), .events = POLLIN},
		};
		int64_t left_ms = (end_ns - now_ns()) / 1000000 + 1;
		poll(fds, array_length(fds), left_ms < LIVES_MS ? (int)left_ms : LIVES_MS);
		if (fds[1].revents)
			interrupt_drain();
		shell_handle_events(shell);
		if (!shell->target)
			return error_create(ERROR_GONE, "the process is gone");
	}
	return shell->cancel ? error_create(ERROR_CANCELLED, "interrupted") : NULL;
}

struct error *shell_let_run(struct shell *shell, int64_t duration_ns)
{
	int64_t deadline_ns;
	interrupt_drain();
	if (shell->target->is_snapshot) {
		/* It runs as it is. */
		struct error *err = wait_and_cancel(shell, duration_ns);
		return err ? err : snapshot_again(shell);
	}
	struct error *err = target_continue(shell->target);
	if (err)
		return err;
	if (__builtin_add_overflow(now_ns(), duration_ns, &deadline_ns))
		deadline_ns = INT64_MAX;
	err = wait_for_stop(shell, deadline_ns);
	if (!err && (!shell->target || !shell->program))
		err = error_create(ERROR_GONE, "the process is gone");
	return err ? err : target_check(shell->target);
}

static struct error *run_continue(struct shell *shell, const struct arguments *arguments)
{
	int64_t duration_ns = INT64_MAX;
	const char *duration = argument_value(arguments, "for");
	if (duration) {
		struct error *err = argument_duration(duration, "--for", &duration_ns);
		if (err)
			return err;
	}
	bool background = argument_given(arguments, "background");
	if (background && duration)
		return error_create(ERROR_USAGE, "continue: --for waits, --background does not");
	interrupt_drain();
	if (shell->target->state != TARGET_RUNNING) {
		struct error *err = target_continue(shell->target);
		if (err)
			return err;
	}
	if (background)
		return NULL;
	int64_t deadline_ns, start_ns = now_ns();
	if (__builtin_add_overflow(start_ns, duration_ns, &deadline_ns))
		deadline_ns = INT64_MAX;
	return wait_for_stop(shell, deadline_ns);
}

static const struct command_option continue_options[] = {
	{.name = "for", .argument = "DURATION", .help = "stop it again after that time"},
	{.name = "background", .letter = 'b', .help = "do not wait; \"interrupt\" stops it"},
	{0},
};

static const char *const continue_aliases[] = {"c", "cont", NULL};

static const struct command continue_command = {
	.name = "continue",
	.aliases = continue_aliases,
	.group = GROUP_RUNNING,
	.usage = "continue [--for DURATION | --background]",
	.summary = "Lets the process run on, until Ctrl-C or a signal stops it",
	.help = "What was selected stays selected; everything is read anew after the stop. A core "
		"cannot continue.",
	.example = "continue --for 10s",
	.options = continue_options,
	.needs_target = true,
	.run = run_continue,
};
REGISTER_COMMAND(continue_command);

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
	return stop(shell);
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
