/* main(): opens what the command line names, runs -e and -x, then the prompt or stdin. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/session/block.h"
#include "commands/session/interrupt.h"
#include "commands/cli/options.h"
#include "commands/session/plugin.h"
#include "commands/cli/repl.h"
#include "commands/session/session.h"

enum exit_status { EXIT_FINE = 0, EXIT_COMMAND_FAILED = 1, EXIT_USAGE = 2, EXIT_FINDINGS = 3 };

static const int64_t default_max_stop_ns = 30000000000;

/* The report of `dump`. */
static const char *const dump_lines[] = {
	"info", "goroutines --group stack --limit 20", "ctx tree --depth 6", "ctx check"};

static void warn(void *context, const char *message)
{
	shell_warn(context, "%s", message);
}

static struct live_options live_options(struct shell *shell)
{
	return (struct live_options){
		.max_stop_ns = shell->settings.max_stop_ns,
		.pause = shell->settings.pause,
		.cancel = &shell->cancel,
	};
}

static struct error *open_live(struct shell *shell, const char *pid_text, struct target **ret)
{
	uint64_t pid;
	struct error *err = argument_number(pid_text, "the process id", &pid);
	if (err)
		return err;
	if (!pid || pid > INT32_MAX)
		return error_create(ERROR_USAGE, "there is no process %s", pid_text);
	struct live_options options = live_options(shell);
	return live_attach((pid_t)pid, &options, ret);
}

static struct error *open_target(
	struct shell *shell, const struct options *options, struct target **ret)
{
	struct live_options live = live_options(shell);
	const char *const *words = options->words;
	switch (options->subcommand) {
	case SUBCOMMAND_ATTACH:
		return open_live(shell, words[0], ret);
	case SUBCOMMAND_EXEC:
		/* execvp() takes the strings as they are, its type is older than const. */
		return live_exec((char *const *)(uintptr_t)words, &live, ret);
	case SUBCOMMAND_DUMP:
		if (options->word_count == 1)
			return open_live(shell, words[0], ret);
		break;
	case SUBCOMMAND_CORE:
		break;
	}
	/* `core CORE` alone takes the executable that the core names. */
	bool both = options->word_count == 2;
	return core_open(both ? words[0] : options->exe, words[both], warn, shell, ret);
}

static struct error *run_item(struct shell *shell, const struct run_item *item, bool last)
{
	if (item->is_script && shell->block)
		return block_finish(shell);
	struct error *err = item->is_script ? shell_run_script(shell, item->text)
					    : shell_execute(shell, item->text);
	return err || !last ? err : block_finish(shell);
}

/* Runs -e and -x; false when one failed and the rest must not run. */
static bool run_items(struct shell *shell, const struct options *options)
{
	for (size_t i = 0; i < options->item_count && !shell->quit; i++) {
		bool last = i + 1 == options->item_count;
		struct error *err = run_item(shell, &options->items[i], last);
		if (!err && shell->cancel)
			err = error_create(ERROR_CANCELLED, "interrupted");
		bool stop = shell->settings.stop_on_error || (err && err->code == ERROR_CANCELLED);
		if (!shell_settle(shell, err) && stop)
			return false;
		if (shell->leave_signal) {
			/* SIGTERM or SIGHUP: what was asked for has not all been done. */
			shell->failures++;
			return false;
		}
	}
	return true;
}

static void run_dump(struct shell *shell)
{
	for (size_t i = 0; i < array_length(dump_lines) && !shell->quit; i++) {
		if (i)
			putchar('\n');
		struct error *err = shell_execute(shell, dump_lines[i]);
		if (err && err->code == ERROR_NOT_FOUND) {
			/* Not every program uses contexts. */
			shell_warn(shell, "%s", err->message);
			error_destroy(err);
			break;
		}
		shell_settle(shell, err);
	}
}

static void run(struct shell *shell, const struct options *options)
{
	if (options->subcommand == SUBCOMMAND_DUMP)
		run_dump(shell);
	bool fine = run_items(shell, options);
	if (shell->quit || options->batch || options->subcommand == SUBCOMMAND_DUMP)
		return;
	if (shell->interactive) {
		repl_run(shell);
		return;
	}
	if (fine)
		shell_settle(shell, shell_run_script(shell, "-"));
}

/* Loads plug-ins and opens the target. */
static struct error *start(struct shell *shell, const struct options *options)
{
	if (options->plugin_dir) {
		struct error *err = plugin_load_directory(shell, options->plugin_dir);
		if (err)
			return err;
	}
	struct target *target = NULL;
	struct error *err = open_target(shell, options, &target);
	return err ? err : shell_open(shell, target);
}

static void apply(struct shell *shell, const struct options *options)
{
	shell->interactive =
		!options->batch && options->subcommand != SUBCOMMAND_DUMP && isatty(STDIN_FILENO);
	shell->settings.color = options->color;
	shell->settings.quiet = options->quiet;
	/* A program started under the debugger stands at its beginning; any other is in use. */
	shell->settings.pause = options->pause_given			       ? options->pause
				: options->subcommand == SUBCOMMAND_EXEC ? PAUSE_STOP
									       : PAUSE_FORK;
	shell->settings.max_stop_ns = options->max_stop_given ? options->max_stop_ns
				      : shell->interactive    ? 0
							      : default_max_stop_ns;
	shell->exe = options->exe;
	shell->debug_file = options->debug_file;
	shell->plugin_dir = options->plugin_dir;
}

/* A whole session; returns the exit status. */
static int session(const struct options *options)
{
	struct shell shell;
	shell_init(&shell);
	apply(&shell, options);
	interrupt_install(&shell.cancel);
	int status;
	struct error *err = start(&shell, options);
	if (err) {
		shell_report(&shell, err);
		status = EXIT_USAGE;
	} else {
		run(&shell, options);
		shell_close_target(&shell); /* may tell of a failure yet */
		status = shell.failures	  ? EXIT_COMMAND_FAILED
			 : shell.findings ? EXIT_FINDINGS
					  : EXIT_FINE;
	}
	shell_deinit(&shell);
	return status;
}

static int run_options(const struct options *options)
{
	if (options->help)
		options_print_help(stdout);
	else if (options->version)
		puts("gctxdbg " GCTXDBG_VERSION);
	else
		return session(options);
	return EXIT_FINE;
}

/*
 * Descriptors 0 to 2 that the caller has closed would be taken by the next files opened, and
 * written to. Each is filled with one that cannot do what it is for, so that using it is still an
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
	setlocale(LC_CTYPE, "");
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
