/* The session: redirections, messages, settings, commands that need a target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/session/ctrl_c.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"
#include "tests/unit/session_fixture.h"

static bool fail_fdopen;

/* Replaces the C library's. */
FILE *fdopen(int fd, const char *mode)
{
	FILE *(*real)(int fd, const char *mode) = dlsym(RTLD_NEXT, "fdopen");
	if (!fail_fdopen)
		return real(fd, mode);
	errno = ENOMEM;
	return NULL;
}

static struct error *run_fail(struct session *session, const struct arguments *arguments)
{
	(void)session;
	return error_create(ERROR_OTHER, "%s failed\n  on \033 purpose", arguments->words[0]);
}

static struct error *find(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	output_printf(&session->out, STYLE_PLAIN, "2 leaks\n");
	return error_create(ERROR_FINDINGS, "2 leaks found");
}

static struct error *much(struct session *session, const struct arguments *arguments)
{
	(void)arguments;
	/* Ends only when the reader is gone. */
	while (!output_failed(&session->out))
		output_printf(&session->out, STYLE_PLAIN, "line\n");
	return NULL;
}

static const struct command fail_command = {
	.name = "test-fail", .usage = "", .min_words = 1, .max_words = 1, .run = run_fail};
static const struct command find_command = {.name = "test-find", .usage = "", .run = find};
static const struct command much_command = {.name = "test-much", .usage = "", .run = much};
static const struct command target_command = {
	.name = "test-target", .usage = "", .needs_target = true, .run = find};

static int set_up(void **state)
{
	static const struct command *const commands[] = {
		&fail_command, &find_command, &much_command, &target_command};
	int status = session_fixture_set_up(state, commands, array_length(commands));
	struct session *session = *state;
	interrupt_install(&session->cancel);
	return status;
}

static int tear_down(void **state)
{
	unlink("/tmp/gctxdbg-session-test");
	interrupt_install(NULL);
	fail_fdopen = false; /* a failed assertion may have left it set */
	return session_fixture_tear_down(state);
}

static void expect_failure(struct session *session, const char *line, const char *part)
{
	static struct diversion diversion;
	diversion_begin(&diversion, stderr);
	struct error *err = session_execute(session, line);
	diversion_end(&diversion);
	if (!err)
		fail_msg("%s: succeeded", line);
	if (!strstr(err->message, part))
		fail_msg("%s: %s", line, err->message);
	error_destroy(err);
}

static void lines(void **state)
{
	session_fixture_expect(*state, "", "");
	session_fixture_expect(*state, "  # comment", "");
	session_fixture_expect(*state, "echo a 'b  c'  # comment", "a b  c\n");
	session_fixture_expect(*state, "ec \"\033[0m\"", "\\x1b[0m\n");
	session_fixture_expect(*state, "! echo 'a  b' | tr a c", "c  b\n");
}

static void redirections(void **state)
{
	session_fixture_expect(*state, "echo one > /tmp/gctxdbg-session-test", "");
	session_fixture_expect(*state, "echo two >> /tmp/gctxdbg-session-test", "");
	session_fixture_expect(*state, "!cat /tmp/gctxdbg-session-test", "one\ntwo\n");
	session_fixture_expect(*state, "echo one two | tr o 0 | cat", "0ne tw0\n");
	expect_failure(*state, "echo x > /nonexistent/file", "cannot write to /nonexistent/file");
	expect_failure(*state, "echo x > /dev/full", "No space left");
	expect_failure(*state, "test-much > /dev/full", "No space left");
	expect_failure(
		*state, "echo x | /nonexistent/program", "cannot run \"/nonexistent/program\"");
}

static void redirected_scripts(void **state)
{
	session_fixture_expect(*state, "echo 'echo inner' > /tmp/gctxdbg-session-test", "");
	session_fixture_expect(*state, "source /tmp/gctxdbg-session-test | tr n N", "iNNer\n");
}

static void closed_pipe(void **state)
{
	session_fixture_expect(*state, "test-much | head -2", "line\nline\n");
	session_fixture_expect(*state, "echo x | true", "");
	expect_failure(*state, "echo x | false", "\"false\" failed with exit status 1");
	expect_failure(*state, "echo x | grep -q y", "exit status 1");
}

/* A child must not be left behind as a zombie. */
static void pipe_that_cannot_be_opened(void **state)
{
	fail_fdopen = true;
	expect_failure(*state, "echo x | cat", "memory");
	fail_fdopen = false;
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	session_fixture_expect(*state, "echo x | cat", "x\n");
}

static void failures(void **state)
{
	struct session *session = *state;
	static struct diversion diversion;
	diversion_begin(&diversion, stderr);
	assert_false(session_settle(session, session_execute(session, "test-fail 'the test'")));
	session_warn(session, "%s", "careful");
	assert_string_equal(diversion_end(&diversion),
		"gctxdbg: the test failed\n  on \\x1b purpose\ngctxdbg: warning: careful\n");
	assert_int_equal(session->failures, 1);
	assert_false(session->findings);
}

static void findings(void **state)
{
	struct session *session = *state;
	static struct diversion diversion;
	diversion_begin(&diversion, stderr);
	assert_true(
		session_settle(session, session_execute(session, "test-find | cat > /dev/null")));
	assert_string_equal(diversion_end(&diversion), "");
	assert_int_equal(session->failures, 0);
	assert_true(session->findings);
}

static void missing_target(void **state)
{
	expect_failure(*state, "test-target", "test-target: no process or core is open");
	expect_failure(*state, "continue", "no process or core is open");
}

static void settings(void **state)
{
	struct session *session = *state;
	session_fixture_expect(session, "show on-error", "stop\n");
	session_fixture_expect(session, "set on-error continue", "");
	assert_false(session->settings.stop_on_error);
	session_fixture_expect(session, "set color always", "");
	assert_int_equal(session->settings.color, COLOR_ALWAYS);
	session_fixture_expect(session, "set color never", "");
	session_fixture_expect(session, "set source-path /build=/home/me", "");
	assert_string_equal(session->settings.source_path, "/build=/home/me");
	session_fixture_expect(session, "set source-path ''", "");
	assert_null(session->settings.source_path);
	session_fixture_expect(session, "set list-l 30", "");
	session_fixture_expect(session, "show list-lines", "30\n");
	session_fixture_expect(session, "show list-lines --json",
		"{\"version\":1,\"settings\":{\"list-lines\":\"30\"}}\n");
	expect_failure(session, "set on-error perhaps", "use one of continue, stop");
	expect_failure(session, "set colour always", "did you mean color?");
	expect_failure(session, "set max-stop 3s", "--max-stop 3s");
	expect_failure(session, "set list-lines many", "must be a number");
	expect_failure(session, "show nonsense", "unknown setting");
	expect_failure(session, "set x = 1", "never writes");
	expect_failure(session, "set x=1", "never writes");
	expect_failure(session, "set var x.y[0] = 1", "never writes");
	expect_failure(session, "set width", "needs a name and a value");
	expect_failure(session, "set width 1 2", "needs a name and a value");
}

static void clean_children(void **state)
{
	/* A child inherits neither our blocked signals nor our ignored SIGPIPE. */
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* glibc reserves two real-time signals. */
	session_fixture_expect(*state,
		"!grep -cE 'SigBlk:.0{16}$|SigIgn:.0{7}.80000000$|SigIgn:.0{16}$' "
		"/proc/self/status",
		"2\n");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- A process that is asked to leave while a command stops it ---- */

static bool leave_queued;

static struct error *queue_leave(struct target *target)
{
	(void)target;
	leave_queued = true;
	return NULL;
}

static bool next_event(struct target *target, struct target_event *ret)
{
	(void)target;
	bool queued = leave_queued;
	leave_queued = false;
	*ret = (struct target_event){TARGET_EVENT_LEAVE, SIGTERM};
	return queued;
}

static void destroy(struct target *target)
{
	free(target);
}

static const struct target_ops leaving_ops = {
	.kind = "test",
	.destroy = destroy,
	.hold = queue_leave,
	.snapshot = queue_leave,
	.next_event = next_event,
};

static void target_lost_during_a_command(void **state)
{
	static const char *const commands[] = {"snapshot", "interrupt"};
	struct session *session = *state;
	for (size_t i = 0; i < array_length(commands); i++) {
		struct target *target = calloc(1, sizeof(*target));
		assert_non_null(target);
		target->ops = &leaving_ops;
		target->pid = 7;
		target->event_fd = -1;
		target->state = TARGET_RUNNING;
		target->is_snapshot = i == 1;
		target->pause = PAUSE_STOP;
		session->target = target;
		session->quit = false;
		expect_failure(session, commands[i], "process 7 is no longer available");
		assert_null(session->target);
		assert_true(session->quit);
		assert_int_equal(session->leave_signal, SIGTERM);
	}
}

/* ---- Observers ---- */

static int observed[2] = {-1, -1}; /* a pipe */
static bool prints;
static unsigned collected;

static int observed_fd(const struct session *session)
{
	(void)session;
	return observed[0];
}

static void collect_observed(struct session *session)
{
	char byte;
	(void)session;
	struct pollfd fd = {.fd = observed[0], .events = POLLIN};
	if (poll(&fd, 1, 0) == 1 && read(observed[0], &byte, 1) == 1)
		collected++;
}

static bool observed_has_output(struct session *session)
{
	(void)session;
	return prints;
}

static const struct session_observer observer = {
	.collect = collect_observed,
	.event_fd = observed_fd,
	.has_output = observed_has_output,
};

static void observers_are_watched(void **state)
{
	struct session *session = *state;
	struct pollfd fds[4];
	assert_int_equal(session_event_fds(session, fds, array_length(fds)), 0);
	assert_int_equal(pipe(observed), 0);
	assert_null(session_observe(session, &observer));
	assert_int_equal(session_event_fds(session, fds, array_length(fds)), 1);
	assert_int_equal(poll(fds, 1, 0), 0);
	assert_false(session_events_ready(fds, 1));
	prints = true;
	assert_false(session_has_output(session, fds, 1));
	assert_int_equal(write(observed[1], "x", 1), 1);
	assert_int_equal(poll(fds, 1, 0), 1);
	assert_true(session_events_ready(fds, 1));
	assert_true(session_has_output(session, fds, 1));
	prints = false;
	assert_false(session_has_output(session, fds, 1));
	session_handle_events(session);
	assert_int_equal(collected, 1);
	/* An event that arrives while a shell command runs is handled before the command ends. */
	char line[64];
	snprintf(line, sizeof(line), "!printf x >/proc/%d/fd/%d; sleep 0.2", (int)getpid(),
		observed[1]);
	session->depth++; /* session_execute() handles no events after a nested line */
	session_fixture_expect(session, line, "");
	session->depth--;
	assert_int_equal(collected, 2);
	close(observed[0]);
	close(observed[1]);
	observed[0] = observed[1] = -1;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(lines),
		TEST(redirections),
		TEST(redirected_scripts),
		TEST(closed_pipe),
		TEST(pipe_that_cannot_be_opened),
		TEST(failures),
		TEST(findings),
		TEST(missing_target),
		TEST(settings),
		TEST(clean_children),
		TEST(target_lost_during_a_command),
		TEST(observers_are_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
