/* The commands `continue` and `wait`. */
#include "commands/breakpoints/break_session.h"
#include "commands/goroutines/goroutine_diff.h"
#include "commands/running/run.h"
#include "commands/session/ctrl_c.h"
#include "commands/session/registry.h"

/* Takes the error of a command list that failed while no command was waiting. */
static struct error *take_failure(const struct session *session)
{
	return session->breaks ? take_pointer(session->breaks->failed) : NULL;
}

static struct error *parse_limits(const struct arguments *arguments, struct stop_wait *ret)
{
	const char *duration = argument_value(arguments, "for");
	const char *hits = argument_value(arguments, "hits");
	*ret = (struct stop_wait){.deadline_ns = INT64_MAX};
	struct error *err = NULL;
	if (duration) {
		int64_t duration_ns;
		err = argument_duration(duration, "--for", &duration_ns);
		if (!err)
			ret->deadline_ns = run_deadline_after(duration_ns);
	}
	if (!err && hits) {
		err = argument_number(hits, "--hits", &ret->hit_limit);
		if (!err && !ret->hit_limit)
			err = error_create(ERROR_USAGE, "--hits must be at least 1");
	}
	return err;
}

/* Rejects --hits without an enabled breakpoint: the wait would never end. */
static struct error *check_hits(const struct session *session, const struct stop_wait *wait)
{
	if (!wait->hit_limit || break_session_is_armed(session))
		return NULL;
	return error_create(ERROR_USAGE, "--hits needs an enabled breakpoint");
}

/* `continue` in a command list of a breakpoint ends the list; the target is resumed afterwards. */
static struct error *continue_later(struct session *session, const struct arguments *arguments)
{
	const struct command_option *option = arguments->command->options;
	for (; option->name; option++)
		if (argument_given(arguments, option->name))
			return error_create(ERROR_USAGE,
				"continue takes no --%s in a breakpoint's commands: the options of "
				"the original continue apply",
				option->name);
	session->continue_requested = true;
	return NULL;
}

static struct error *run_continue(struct session *session, const struct arguments *arguments)
{
	struct stop_wait wait;
	struct error *err = parse_limits(arguments, &wait);
	if (err)
		return err;
	bool background = argument_given(arguments, "background");
	if (background && (wait.hit_limit || wait.deadline_ns != INT64_MAX))
		return error_create(ERROR_USAGE,
			"continue: --background cannot be combined with --for or --hits");
	if (session->breaks && session->breaks->in_commands)
		return continue_later(session, arguments);
	err = check_hits(session, &wait);
	if (!err)
		err = take_failure(session);
	if (err)
		return err;
	interrupt_drain();
	session->json_events = argument_given(arguments, "json");
	if (session->target->state != TARGET_RUNNING) {
		err = break_session_arm(session);
		if (!err) {
			goroutine_diff_note(session);
			err = session_resume(session);
		}
		if (err)
			return err;
	}
	return background ? NULL : run_wait_for_stop(session, &wait);
}

static const struct command_option continue_options[] = {
	{.name = "for", .argument = "DURATION", .help = "stop the process after DURATION"},
	{.name = "hits", .argument = "N", .help = "stop after N reported hits"},
	{.name = "background",
		.letter = 'b',
		.help = "do not wait; \"interrupt\" stops the process"},
	{.name = "json", .help = "print one JSON document per line for every event"},
	{0},
};

static const char *const continue_aliases[] = {"c", "cont", NULL};

static const struct command continue_command = {
	.name = "continue",
	.aliases = continue_aliases,
	.group = GROUP_RUNNING,
	.usage = "continue [--for DURATION] [--hits N] [--background] [--json]",
	.summary = "Resumes the process until a breakpoint, a signal or Ctrl-C stops it",
	.help = "When a breakpoint or a call of runtime.Breakpoint stops the process, the goroutine "
		"that hit it is selected; "
		"otherwise the selection does not change. All data is read again after a stop. A "
		"core cannot be continued.\n\n"
		"--hits N resumes after each stop until N hits have been reported, trace lines "
		"included; command lists run at each stop. With --background the prompt returns "
		"immediately and hits are printed above it; in scripts, \"wait\" waits for the "
		"next stop.\n\n"
		"--json prints one document per line: \"event\" is \"trace\", \"stop\", "
		"\"stopped\", \"breakpoint\" (a call of runtime.Breakpoint), \"snapshot\", "
		"\"exited\", \"killed\", \"exec\", \"watchdog\" or \"leave\".",
	.example = "continue --for 10s",
	.options = continue_options,
	.needs_target = true,
	.run = run_continue,
};
REGISTER_COMMAND(continue_command);

static struct error *run_wait(struct session *session, const struct arguments *arguments)
{
	struct stop_wait wait;
	struct error *err = parse_limits(arguments, &wait);
	if (err)
		return err;
	if (session->breaks && session->breaks->in_commands)
		return error_create(ERROR_USAGE,
			"wait: the process is stopped while a breakpoint's commands run");
	err = check_hits(session, &wait);
	if (err)
		return err;
	interrupt_drain();
	session->json_events = argument_given(arguments, "json");
	wait.failed = take_failure(session);
	return run_wait_for_stop(session, &wait);
}

static const struct command_option wait_options[] = {
	{.name = "for", .argument = "DURATION", .help = "stop the process after DURATION"},
	{.name = "hits", .argument = "N", .help = "stop after N reported hits"},
	{.name = "json", .help = "print one JSON document per line for every event"},
	{0},
};

static const struct command wait_command = {
	.name = "wait",
	.group = GROUP_RUNNING,
	.usage = "wait [--for DURATION] [--hits N] [--json]",
	.summary = "Waits until a running process stops, like continue without --background",
	.help = "Use it in scripts after \"continue --background\". Returns immediately if the "
		"process is stopped.",
	.example = "wait --for 30s",
	.options = wait_options,
	.needs_target = true,
	.run = run_wait,
};
REGISTER_COMMAND(wait_command);
