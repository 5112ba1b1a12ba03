/* The prompt, using readline's callback interface in a poll() loop: see repl.h. */
#include "commands/cli/repl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "commands/cli/completion_readline.h"
#include "commands/cli/history.h"
#include "commands/data/crash_view.h"
#include "commands/data/runtimes_view.h"
#include "commands/goroutines/selection.h"
#include "commands/running/snapshot.h"
#include "commands/session/block.h"
#include "commands/session/ctrl_c.h"
#include "commands/session/message.h"
#include "commands/session/session_events.h"

enum { PROMPT_SIZE = 192, PROMPT_UPDATE_MS = 10000 };

/* State for readline's callbacks, which take no argument; valid during repl_run(). */
static struct {
	struct session *session;
	char *line;   /* the line entered; NULL: none yet */
	bool ended;   /* end of input */
	bool reading; /* the prompt is shown */
} state;

static bool is_held(const struct session *session)
{
	const struct target *target = session->target;
	return target && target->ops->cont && !target->is_snapshot &&
	       target->state == TARGET_STOPPED;
}

/* " stopped 12s: breakpoint 1", in red: a forgotten prompt must not stop a service unnoticed. */
static void format_held(const struct session *session, char *ret, size_t size)
{
	char age[32];
	bool color = session_uses_color(session);
	format_duration(snapshot_age_ns(session->target), age, sizeof(age));
	snprintf(ret, size, "%s stopped %s%s%s%s", color ? "\001\033[31m\002" : "", age,
		*session->stop_reason ? ": " : "", session->stop_reason,
		color ? "\001\033[0m\002" : "");
}

void repl_prompt(const struct session *session, char *ret, size_t size)
{
	const struct target *target = session->target;
	char what[64] = "", age[32] = "", selected[32] = "", held[96] = "";
	if (target && target->is_snapshot) {
		format_duration(snapshot_age_ns(target), age, sizeof(age));
		snprintf(what, sizeof(what), " %d snapshot %s old", (int)target->pid, age);
	} else if (target && target->ops->cont)
		snprintf(what, sizeof(what), " %d%s", (int)target->pid,
			target->state == TARGET_RUNNING ? " running" : "");
	else if (target)
		snprintf(what, sizeof(what), " core");
	if (target && session->selection.goroutine_valid)
		snprintf(selected, sizeof(selected), " g%llu",
			(unsigned long long)session->selection.goid);
	else if (target && session->selection.tid)
		snprintf(selected, sizeof(selected), " t%d", (int)session->selection.tid);
	if (is_held(session))
		format_held(session, held, sizeof(held));
	if (session->block)
		snprintf(ret, size, "> ");
	else
		snprintf(ret, size, "(gctxdbg%s%s%s) ", what, selected, held);
}

static void on_line(char *line)
{
	/* Restore the terminal before the command runs. */
	rl_callback_handler_remove();
	state.reading = false;
	state.line = line;
	state.ended = !line;
}

static void show_prompt(void)
{
	char prompt[PROMPT_SIZE];
	repl_prompt(state.session, prompt, sizeof(prompt));
	rl_callback_handler_install(prompt, on_line);
	state.reading = true;
}

/* Shows for how long the process has been stopped, unless a line is being typed. */
static void update_prompt(void)
{
	char prompt[PROMPT_SIZE];
	if (rl_end || RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_COMPLETING))
		return;
	repl_prompt(state.session, prompt, sizeof(prompt));
	rl_set_prompt(prompt);
	rl_redisplay();
}

/* Ctrl-C at the prompt discards the line. */
static void clear_line(void)
{
	rl_free_line_state();
	rl_callback_sigcleanup();
	rl_replace_line("", 0);
	fputs("^C\n", rl_outstream);
	rl_callback_handler_remove();
	fflush(rl_outstream);
	show_prompt();
}

/* Prints events above the line being typed. */
static void print_events(void)
{
	struct session *session = state.session;
	_cleanup_free_ char *typed = strdup(rl_line_buffer ? rl_line_buffer : "");
	int point = rl_point;
	rl_callback_handler_remove();
	fputs("\r\033[K", rl_outstream);
	fflush(rl_outstream);
	session_handle_events(session);
	if (session->quit)
		return;
	show_prompt();
	if (typed && *typed) {
		rl_replace_line(typed, 0);
		rl_point = point;
		rl_redisplay();
	}
}

static int ignore_key(int count, int key)
{
	(void)count, (void)key;
	return 0;
}

/*
 * Reads a key for readline. On Ctrl-C the terminal discards pending input, perhaps after poll()
 * reported it: a plain read would then block. Returns NUL ("set mark") in this case; the line is
 * cleared next anyway.
 */
static int read_key(FILE *stream)
{
	struct pollfd fds[] = {
		{.fd = fileno(stream), .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	while (poll(fds, array_length(fds), -1) < 0 && errno == EINTR)
		;
	return fds[0].revents || !fds[1].revents ? rl_getc(stream) : 0;
}

/* Waits for a line, events and Ctrl-C; sets state.line or state.ended unless the session quits. */
static void read_line(void)
{
	struct session *session = state.session;
	interrupt_drain();
	session->cancel = false;
	selection_check(session);
	show_prompt();
	while (state.reading && !session->quit) {
		struct pollfd fds[8] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = interrupt_fd(), .events = POLLIN},
		};
		size_t count = session_event_fds(session, fds + 2, array_length(fds) - 2);
		int ready = poll(fds, count + 2, is_held(session) ? PROMPT_UPDATE_MS : -1);
		if (ready < 0 && errno != EINTR)
			state.ended = true;
		if (!ready)
			update_prompt();
		if (state.ended)
			break;
		if (fds[1].revents && interrupt_drain()) {
			block_abandon(session);
			/* No command is running, but a command list may be next. */
			session->cancel = false;
			clear_line();
		} else if (session_has_output(session, fds + 2, count))
			print_events();
		else if (fds[0].revents & POLLIN)
			rl_callback_read_char();
		else if (fds[0].revents)
			state.ended = true; /* the terminal is gone */
	}
	if (state.reading)
		rl_callback_handler_remove();
	state.reading = false;
}

/* Runs the line entered. */
static void run_line(struct session *session, const char *line)
{
	history_remember(line);
	/* An error at the prompt does not count: the exit status is for scripts. */
	unsigned failures = session->failures;
	session_settle(session, session_execute(session, line));
	session->failures = failures;
}

/* Says why the program of a core died, if that is known. */
static void greet_dead(const struct session *session)
{
	struct output output = {.stream = stderr};
	_cleanup_(crash_deinit) struct crash crash = {0};
	error_destroy(program_crash(session->program, &crash));
	crash_text(&output, &crash, "gctxdbg:", sizeof("gctxdbg:"));
}

static void greet(struct session *session)
{
	const struct target *target = session->target;
	if (!target)
		return;
	int pid = (int)target->pid;
	const char *name = target->exe_name ? target->exe_name : "?";
	if (target->is_snapshot)
		session_tell(session,
			"frozen copy of process %d (%s), which keeps running; \"snapshot\" takes "
			"a new one, \"help\" lists the commands",
			pid, name);
	else if (target->ops->cont)
		session_tell(session,
			"process %d (%s) is stopped until you continue or quit; \"help\" lists the "
			"commands",
			pid, name);
	else {
		session_tell(session, "core of %s; \"help\" lists the commands", name);
		if (!session->settings.quiet)
			greet_dead(session);
	}
	struct runtimes runtimes;
	char text[256];
	program_runtimes(session->program, &runtimes);
	if (runtimes_sentence(&runtimes, text, sizeof(text)))
		session_tell(session, "Go %s", text);
}

void repl_run(struct session *session)
{
	state.session = session;
	rl_readline_name = "gctxdbg";
	rl_catch_signals = 0;
	rl_getc_function = read_key;
	/* readline 8.2 crashes when an unbound Ctrl-X sequence ends a search. */
	rl_bind_keyseq("\\C-x", ignore_key);
	signal(SIGQUIT, SIG_IGN); /* would leave the terminal in raw mode */
	completion_install(session);
	history_load();
	greet(session);
	while (!session->quit) {
		read_line();
		if (state.ended && session->block) {
			/* Ctrl-D ends the command list, not the session. */
			state.ended = false;
			fputc('\n', stdout);
			run_line(session, "end");
			continue;
		}
		if (state.ended) {
			/* With bracketed paste readline ends the line itself. */
			const char *paste = rl_variable_value("enable-bracketed-paste");
			if (!paste || strcmp(paste, "on") != 0)
				fputc('\n', stdout);
			break;
		}
		_cleanup_free_ char *line = take_pointer(state.line);
		if (line)
			run_line(session, line);
	}
	completion_install(NULL);
	history_forget();
	state.session = NULL;
}
