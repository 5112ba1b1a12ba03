/* The commands that let the target run: continue, wait. */
#include <poll.h>
#include <unistd.h>

#include "commands/breakpoints/break_session.h"
#include "commands/session/interrupt.h"
#include "commands/session/registry.h"
#include "commands/running/run.h"
#include "commands/goroutines/goroutine_diff.h"
#include "commands/running/snapshot.h"
#include "dbg/go/go_program.h"
#include "dwarf/base/clock.h"

struct error *session_stop(struct session *session)
{
	/* The Ctrl-C that asks for it must not cancel it; a script shall still see it afterwards.
	 */
	bool cancelled = atomic_exchange(&session->cancel, false);
	struct error *err = target_interrupt(session->target);
	if (cancelled)
		session->cancel = true;
	session_handle_events(session);
	if (!err && session->program)
		program_refresh(session->program);
	return err;
}

struct error *session_resume(struct session *session)
{
	session->stop_told = false;
	session->resumes++;
	struct error *err = target_continue(session->target);
	if (err)
		session->stop_told = true;
	return err;
}

bool run_has_hits(const struct session *session, const struct run *run)
{
	return session->breaks && run->hits && session->breaks->reported - run->told >= run->hits;
}

static bool has_had_enough(const struct session *session, const struct run *run)
{
	return session->cancel || monotonic_now() >= run->deadline_ns ||
	       output_failed(&session->out) || run_has_hits(session, run) || run->failed;
}

static void wait_for_event(const struct session *session, int64_t deadline_ns)
{
	/* A wait of at most a minute at a time: more does not fit into an int. */
	int64_t left_ns = deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - monotonic_now();
	int64_t timeout_ms = left_ns < 0 ? 0 : left_ns / 1000000 + 1;
	struct pollfd fds[] = {
		{.fd = session->target->event_fd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
		{.fd = break_session_fd(session), .events = POLLIN},
	};
	poll(fds, array_length(fds), timeout_ms < 60000 ? (int)timeout_ms : 60000);
	if (fds[1].revents)
		interrupt_drain();
}

/* What a list of commands has failed with while nobody waited. */
static struct error *take_failure(const struct session *session)
{
	return session->breaks ? take_pointer(session->breaks->failed) : NULL;
}

/* What it has stopped for is told with the event, which may come a moment after the stop. */
static bool is_awaited(const struct session *session)
{
	return session->target && !session->quit &&
	       (session->target->state == TARGET_RUNNING || !session->stop_told);
}

/* Waits until the target stops or is gone, or limits are reached or Ctrl-C comes, which stop it. */
static struct error *wait_for_stop(struct session *session, struct run *run)
{
	struct error *err = NULL;
	run->outer = session->run;
	run->told = session->breaks ? session->breaks->reported : 0;
	session->run = run;
	session_handle_events(session);
	while (is_awaited(session)) {
		bool running = session->target->state == TARGET_RUNNING;
		if (running && has_had_enough(session, run)) {
			run->ending = true;
			err = session_stop(session);
			break;
		}
		/* The event follows a stop at once. */
		wait_for_event(session, running ? run->deadline_ns : monotonic_now() + 100000000);
		if (!running)
			session->stop_told = true;
		session_handle_events(session);
	}
	session->run = run->outer;
	if (!run->passing)
		session->json_events = false;
	if (!err)
		return take_pointer(run->failed);
	error_destroy(run->failed);
	return err;
}

/* `duration_ns` from now. */
static int64_t deadline_after(int64_t duration_ns)
{
	int64_t deadline_ns;
	return __builtin_add_overflow(monotonic_now(), duration_ns, &deadline_ns) ? INT64_MAX
										  : deadline_ns;
}

enum { LIVES_MS = 100 };

/* Waits beside a process that runs untraced, not for longer than it lives; ERROR_CANCELLED after
 * Ctrl-C. */
static struct error *wait_beside(struct session *session, int64_t duration_ns)
{
	int64_t end_ns = deadline_after(duration_ns);
	while (!session->cancel && !session->quit && monotonic_now() < end_ns &&
		target_program_lives(session->target)) {
		struct pollfd fds[] = {
			{.fd = session->target->event_fd, .events = POLLIN},
			{.fd = interrupt_fd(), .events = POLLIN},
		};
		int64_t left_ms = (end_ns - monotonic_now()) / 1000000 + 1;
		poll(fds, array_length(fds), left_ms < LIVES_MS ? (int)left_ms : LIVES_MS);
		if (fds[1].revents)
			interrupt_drain();
		session_handle_events(session);
		if (!session->target)
			return error_create(ERROR_GONE, "the process is gone");
	}
	return session->cancel ? error_create(ERROR_CANCELLED, "interrupted") : NULL;
}

struct error *session_let_run(struct session *session, int64_t duration_ns)
{
	int *suspended;
	size_t count;
	interrupt_drain();
	if (session->target->is_snapshot) {
		/* It runs as it is. */
		struct error *err = wait_beside(session, duration_ns);
		return err ? err : snapshot_again(session);
	}
	struct error *err = break_session_suspend(session, &suspended, &count);
	if (!err)
		err = session_resume(session);
	struct run run = {.deadline_ns = deadline_after(duration_ns), .passing = true};
	if (!err)
		err = wait_for_stop(session, &run);
	struct error *resume_err = break_session_resume(session, suspended, count);
	if (!err && (!session->target || !session->program))
		err = error_create(ERROR_GONE, "the process is gone");
	if (!err)
		err = target_check(session->target);
	if (!err)
		return resume_err;
	error_destroy(resume_err);
	return err;
}

static struct error *parse_limits(const struct arguments *arguments, struct run *ret)
{
	const char *duration = argument_value(arguments, "for");
	const char *hits = argument_value(arguments, "hits");
	*ret = (struct run){.deadline_ns = INT64_MAX};
	struct error *err = NULL;
	if (duration) {
		int64_t duration_ns;
		err = argument_duration(duration, "--for", &duration_ns);
		if (!err)
			ret->deadline_ns = deadline_after(duration_ns);
	}
	if (!err && hits) {
		err = argument_number(hits, "--hits", &ret->hits);
		if (!err && !ret->hits)
			err = error_create(ERROR_USAGE, "--hits must be at least 1");
	}
	return err;
}

/* Nobody shall wait for what cannot come. */
static struct error *check_hits(const struct session *session, const struct run *run)
{
	if (!run->hits || break_session_is_armed(session))
		return NULL;
	return error_create(
		ERROR_USAGE, "--hits: there is no breakpoint to be hit, or none that is enabled");
}

/* `continue` in a breakpoint's list of commands: ends the list, the process runs on afterwards. */
static struct error *continue_later(struct session *session, const struct arguments *arguments)
{
	const struct command_option *option = arguments->command->options;
	for (; option->name; option++)
		if (argument_given(arguments, option->name))
			return error_create(ERROR_USAGE,
				"in a breakpoint's commands, continue goes on as the one before "
				"it: without --%s",
				option->name);
	session->breaks->go_on = true;
	return NULL;
}

static struct error *run_continue(struct session *session, const struct arguments *arguments)
{
	struct run run;
	struct error *err = parse_limits(arguments, &run);
	if (err)
		return err;
	bool background = argument_given(arguments, "background");
	if (background && (run.hits || run.deadline_ns != INT64_MAX))
		return error_create(
			ERROR_USAGE, "continue: --for and --hits wait, --background does not");
	if (session->breaks && session->breaks->in_commands)
		return continue_later(session, arguments);
	err = check_hits(session, &run);
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
	return background ? NULL : wait_for_stop(session, &run);
}

static const struct command_option continue_options[] = {
	{.name = "for", .argument = "DURATION", .help = "stop it again after that time"},
	{.name = "hits", .argument = "N", .help = "until breakpoints have been hit N times"},
	{.name = "background", .letter = 'b', .help = "do not wait; \"interrupt\" stops it"},
	{.name = "json", .help = "what happens, one JSON document per line"},
	{0},
};

static const char *const continue_aliases[] = {"c", "cont", NULL};

static const struct command continue_command = {
	.name = "continue",
	.aliases = continue_aliases,
	.group = GROUP_RUNNING,
	.usage = "continue [--for DURATION] [--hits N] [--background] [--json]",
	.summary = "Lets the process run on, until a breakpoint, a signal or Ctrl-C stops it",
	.help = "At a breakpoint that stops, the goroutine that hit it becomes the selected one; "
		"otherwise what was selected stays so. Everything is read anew after the stop. A "
		"core cannot continue.\n"
		"\n"
		"--hits N goes on after each stop until N have been told (with their lists of "
		"commands run), lines of traces included. After --background the prompt is back at "
		"once and hits are told above it; in scripts, \"wait\" waits for the next stop.\n"
		"\n"
		"--json writes one document per line: \"event\" is \"trace\", \"stop\", "
		"\"stopped\", \"exited\", \"killed\", \"exec\", \"watchdog\" or \"leave\".",
	.example = "continue --for 10s",
	.options = continue_options,
	.needs_target = true,
	.run = run_continue,
};
REGISTER_COMMAND(continue_command);

static struct error *run_wait(struct session *session, const struct arguments *arguments)
{
	struct run run;
	struct error *err = parse_limits(arguments, &run);
	if (err)
		return err;
	if (session->breaks && session->breaks->in_commands)
		return error_create(ERROR_USAGE,
			"wait: the process is stopped while a breakpoint's commands run");
	err = check_hits(session, &run);
	if (err)
		return err;
	interrupt_drain();
	session->json_events = argument_given(arguments, "json");
	run.failed = take_failure(session);
	return wait_for_stop(session, &run);
}

static const struct command_option wait_options[] = {
	{.name = "for", .argument = "DURATION", .help = "stop it after that time"},
	{.name = "hits", .argument = "N", .help = "until breakpoints have been hit N times"},
	{.name = "json", .help = "what happens, one JSON document per line"},
	{0},
};

static const struct command wait_command = {
	.name = "wait",
	.group = GROUP_RUNNING,
	.usage = "wait [--for DURATION] [--hits N] [--json]",
	.summary = "Waits until a running process stops, as continue does without --background",
	.help = "For scripts: after \"continue --background\" and what is to be done meanwhile. "
		"Returns at once when the process is stopped.",
	.example = "wait --for 30s",
	.options = wait_options,
	.needs_target = true,
	.run = run_wait,
};
REGISTER_COMMAND(wait_command);
