/* main(): opens the target, runs -e and -x, then the prompt or stdin. */
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/cli/options.h"
#include "commands/cli/repl.h"
#include "commands/session/block.h"
#include "commands/session/ctrl_c.h"
#include "commands/session/message.h"
#include "commands/session/plugin.h"
#include "commands/session/script.h"
#include "commands/session/session_target.h"
#include "commands/session/settings.h"
#include "dbg/break/run_to_runtime.h"
#include "dbg/go/program/program.h"

enum exit_status { EXIT_FINE = 0, EXIT_COMMAND_FAILED = 1, EXIT_USAGE = 2, EXIT_FINDINGS = 3 };

static const int64_t default_max_stop_ns = 30000000000;

static void warn(void *context, const char *message)
{
	session_warn(context, "%s", message);
}

static void tell(void *context, const char *message)
{
	session_tell(context, "%s", message);
}

static struct live_options live_options(struct session *session)
{
	return (struct live_options){
		.max_stop_ns = session->settings.max_stop_ns,
		.pause = session->settings.pause,
		.cancel = &session->cancel,
	};
}

static struct error *open_live(struct session *session, const char *pid_text, struct target **ret)
{
	uint64_t pid;
	struct error *err = argument_number(pid_text, "the process ID", &pid);
	if (err)
		return err;
	if (!pid || pid > INT32_MAX)
		return error_create(ERROR_USAGE, "there is no process %s", pid_text);
	struct live_options options = live_options(session);
	return live_attach((pid_t)pid, &options, ret);
}

static struct error *open_target(
	struct session *session, const struct options *options, struct target **ret)
{
	struct live_options live = live_options(session);
	const char *const *words = options->words;
	switch (options->subcommand) {
	case SUBCOMMAND_ATTACH:
		return open_live(session, words[0], ret);
	case SUBCOMMAND_EXEC:
		live.wanted = process_runs_go;
		live.notify = tell;
		live.notify_context = session;
		/* execvp() does not modify the strings; its prototype predates const. */
		return live_exec((char *const *)(uintptr_t)words, &live, ret);
	case SUBCOMMAND_DUMP:
		if (options->word_count == 1)
			return open_live(session, words[0], ret);
		break;
	case SUBCOMMAND_CORE:
		break;
	}
	/* `core CORE` uses the executable that the core names. */
	bool both = options->word_count == 2;
	return core_open(both ? words[0] : options->exe, words[both], warn, session, ret);
}

static struct error *run_item(struct session *session, const struct run_item *item, bool last)
{
	if (item->is_script && session->block)
		return block_finish(session);
	struct error *err = item->is_script ? session_run_script(session, item->text)
					    : session_execute(session, item->text);
	return err || !last ? err : block_finish(session);
}

/* Runs -e and -x; returns false if one failed and the rest must not run. */
static bool run_items(struct session *session, const struct options *options)
{
	for (size_t i = 0; i < options->item_count && !session->quit; i++) {
		bool last = i + 1 == options->item_count;
		struct error *err = run_item(session, &options->items[i], last);
		if (!err && session->cancel)
			err = error_create(ERROR_CANCELLED, "interrupted");
		bool stop =
			session->settings.stop_on_error || (err && err->code == ERROR_CANCELLED);
		if (!session_settle(session, err) && stop)
			return false;
		if (session->leave_signal) {
			/* SIGTERM or SIGHUP: not everything was run. */
			session->failures++;
			return false;
		}
	}
	return true;
}

/* Runs the command `dump`. */
static void run_dump(struct session *session, const struct dump_options *options)
{
	_cleanup_free_ char *line = NULL;
	int length = asprintf(&line, "dump%s%s%s%s", options->stacks ? " --stacks" : "",
		options->json ? " --json" : "", options->limit ? " --limit " : "",
		options->limit ? options->limit : "");
	session_settle(session, length < 0 ? error_no_memory() : session_execute(session, line));
}

static void run_target(struct session *session, const struct options *options)
{
	if (options->subcommand == SUBCOMMAND_DUMP)
		run_dump(session, &options->dump);
	bool fine = run_items(session, options);
	if (session->quit || options->batch || options->subcommand == SUBCOMMAND_DUMP)
		return;
	if (session->interactive) {
		repl_run(session);
		return;
	}
	if (fine)
		session_settle(session, session_run_script(session, "-"));
}

/* Loads plug-ins and opens the target. */
static struct error *start(struct session *session, const struct options *options)
{
	if (options->plugin_dir) {
		struct error *err = plugin_load_directory(session, options->plugin_dir);
		if (err)
			return err;
	}
	struct target *target = NULL;
	const struct setting *runtime;
	struct error *err = setting_find("runtime", &runtime);
	if (!err && options->runtime)
		err = setting_parse(&session->settings, runtime, options->runtime);
	if (!err)
		err = open_target(session, options, &target);
	if (!err && options->subcommand == SUBCOMMAND_EXEC) {
		target->cancel = &session->cancel;
		err = run_to_runtime(target);
	}
	if (err) {
		target_destroy(target);
		return err;
	}
	return session_open(session, target);
}

static void apply_options(struct session *session, const struct options *options)
{
	session->interactive =
		!options->batch && options->subcommand != SUBCOMMAND_DUMP && isatty(STDIN_FILENO);
	session->settings.color = options->color;
	session->settings.quiet = options->quiet;
	/* A program started by the debugger is stopped at its entry; any other is in use. */
	session->settings.pause = options->pause_given			   ? options->pause
				  : options->subcommand == SUBCOMMAND_EXEC ? PAUSE_STOP
									   : PAUSE_FORK;
	session->settings.max_stop_ns = options->max_stop_given ? options->max_stop_ns
					: session->interactive	? 0
								: default_max_stop_ns;
	session->exe = options->exe;
	session->debug_file = options->debug_file;
	session->plugin_dir = options->plugin_dir;
}

/* Runs a whole session; returns the exit status. */
static int run_session(const struct options *options)
{
	struct session session;
	session_init(&session);
	apply_options(&session, options);
	interrupt_install(&session.cancel);
	int status;
	struct error *err = start(&session, options);
	if (err) {
		session_report(&session, err);
		status = EXIT_USAGE;
	} else {
		run_target(&session, options);
		session_close_target(&session); /* may report a failure */
		status = session.failures   ? EXIT_COMMAND_FAILED
			 : session.findings ? EXIT_FINDINGS
					    : EXIT_FINE;
	}
	interrupt_install(NULL); /* a Ctrl-C from now on must not write to the session */
	session_deinit(&session);
	return status;
}

static int run_options(const struct options *options)
{
	if (options->help)
		options_print_help(stdout);
	else if (options->version)
		puts("gctxdbg " GCTXDBG_VERSION);
	else
		return run_session(options);
	return EXIT_FINE;
}

/*
 * If descriptors 0 to 2 were closed by the caller, the next files opened would get these numbers
 * and would be written to. Opens each with the wrong access mode, so that using it remains an
 * error.
 */
static void open_missing_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return;
	}
}

int main(int argc, char **argv)
{
	open_missing_streams();
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER);
	/* Results are UTF-8 in any case; readline and column widths must agree. */
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	struct options options;
	struct error *err = options_init(&options, argc, argv);
	int status = EXIT_USAGE;
	if (err)
		fprintf(stderr, "gctxdbg: %s\n", err->message);
	else
		status = run_options(&options);
	error_destroy(err);
	options_deinit(&options);
	return status;
}
