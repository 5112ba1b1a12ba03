/* The shell: one line in, one command run, its output where the line says. */
#include "commands/session/session.h"
#include "commands/session/open_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/session/arguments.h"
#include "commands/session/block.h"
#include "commands/session/line.h"
#include "commands/session/plugin.h"
#include "commands/session/registry.h"
#include "commands/session/settings.h"
#include "commands/session/spawn.h"

void shell_init(struct shell *shell)
{
	*shell = (struct shell){.out = {.stream = stdout}};
	settings_init(&shell->settings);
	shell_report(shell, registry_create(&shell->registry));
}

void shell_deinit(struct shell *shell)
{
	block_abandon(shell);
	shell_close_target(shell);
	registry_destroy(shell->registry);
	plugin_unload_all(shell);
	settings_deinit(&shell->settings);
	*shell = (struct shell){0};
}

/* Colour and width of `output`, from the settings and from what its stream is. */
static void adapt_output(const struct shell *shell, struct output *output)
{
	/* Only this thread writes results: no lock for each character. */
	__fsetlocking(output->stream, FSETLOCKING_BYCALLER);
	int fd = fileno(output->stream);
	bool terminal = fd >= 0 && isatty(fd);
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool able = terminal && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
	output->color = shell->settings.color == COLOR_ALWAYS ||
			(shell->settings.color == COLOR_AUTO && able);
	output->width = shell->settings.width;
	struct winsize size;
	if (!output->width && terminal && !ioctl(fd, TIOCGWINSZ, &size))
		output->width = size.ws_col;
}

/* Where one command's output goes, and what to restore afterwards. */
struct sink {
	struct output saved;
	pid_t child;	     /* at the other end of a pipe; 0 none */
	const char *command; /* what the child runs */
	const char *path;    /* of a file; NULL none */
};

static struct error *open_file(struct sink *sink, const struct line *line, struct output *output)
{
	const char *path = line->destination;
	output->stream = open_file_at_once(path, line->output == LINE_APPEND ? "a" : "w");
	if (!output->stream)
		return error_system(errno, "cannot write to %s", path);
	sink->path = path;
	return NULL;
}

static struct error *open_pipe(struct sink *sink, const struct line *line, struct output *output)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return error_system(errno, "cannot make a pipe");
	struct error *err = spawn_start(line->destination, ends[0], &sink->child);
	close(ends[0]);
	output->stream = err ? NULL : fdopen(ends[1], "w");
	if (!output->stream) {
		close(ends[1]);
		return err ? err : error_no_memory();
	}
	sink->command = line->destination;
	return NULL;
}

static struct error *sink_open(struct shell *shell, const struct line *line, struct sink *sink)
{
	*sink = (struct sink){.saved = shell->out};
	fflush(shell->out.stream);
	struct output output = shell->out;
	struct error *err = NULL;
	if (line->output == LINE_FILE || line->output == LINE_APPEND)
		err = open_file(sink, line, &output);
	else if (line->output == LINE_PIPE)
		err = open_pipe(sink, line, &output);
	if (err)
		return err;
	if (output.stream != shell->out.stream)
		setvbuf(output.stream, NULL, _IOFBF, OUTPUT_BUFFER);
	adapt_output(shell, &output);
	shell->out = output;
	return NULL;
}

/* A reader that had enough (`… | head`) is no error; a full disk is. */
static struct error *flush_output(FILE *stream, const char *name)
{
	errno = 0;
	bool failed = fflush(stream) != 0 || ferror(stream);
	int errnum = errno;
	struct stat status;
	if (!failed || errnum == EPIPE)
		return NULL;
	if (!fstat(fileno(stream), &status) &&
		(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
		return NULL;
	if (!errnum) {
		/* A write that failed long ago told no reason; the next one does. */
		clearerr(stream);
		errno = EIO;
		fputc('\n', stream);
		fflush(stream);
		errnum = errno;
	}
	return error_system(errnum, "cannot write to %s", name);
}

static struct error *sink_close(struct shell *shell, struct sink *sink)
{
	FILE *stream = shell->out.stream;
	struct error *err = flush_output(stream, sink->path ? sink->path : "standard output");
	if (stream == sink->saved.stream) {
		/* A failed stdout stays failed: later commands find out by themselves and stop
		 * early. */
		shell->out = sink->saved;
		return err;
	}
	fclose(stream);
	shell->out = sink->saved;
	if (sink->child) {
		struct error *child_err = spawn_wait(shell, sink->child, sink->command);
		if (!err)
			return child_err;
		error_destroy(child_err);
	}
	return err;
}

/* Refuses a command that needs a stopped target when there is none. */
static struct error *check_target(const struct shell *shell, const struct command *command)
{
	if (!command->needs_target)
		return NULL;
	if (!shell->target)
		return error_create(ERROR_GONE,
			"%s: there is no process or core to look at any more", command->name);
	if (shell->target->state == TARGET_RUNNING && command->group != GROUP_RUNNING &&
		!command->while_running)
		return error_create(ERROR_GONE, "%s: process %d is running; \"interrupt\" stops it",
			command->name, (int)shell->target->pid);
	return NULL;
}

static struct error *run_words(struct shell *shell, const struct command *command,
	const struct line *line, const char *rest)
{
	struct parsed_arguments parsed;
	struct error *err = arguments_init(&parsed, command, line->words, line->word_count);
	parsed.arguments.rest = rest;
	if (!err)
		err = check_target(shell, command);
	struct sink sink;
	if (!err)
		err = sink_open(shell, line, &sink);
	if (!err) {
		err = command->run(shell, &parsed.arguments);
		struct error *output_err = sink_close(shell, &sink);
		if (!err)
			err = output_err;
		else
			error_destroy(output_err);
	}
	arguments_deinit(&parsed);
	return err;
}

/* A command that takes the rest of the line as it is. */
static struct error *run_raw(struct shell *shell, const struct command *command, const char *rest)
{
	static const char *const none[] = {NULL};
	while (isspace((unsigned char)*rest))
		rest++;
	if (!*rest && command->min_words)
		return error_create(ERROR_USAGE, "%s needs an argument; usage: %s", command->name,
			command->usage);
	struct error *err = check_target(shell, command);
	if (err)
		return err;
	struct arguments arguments = {.command = command, .words = none, .rest = rest};
	err = command->run(shell, &arguments);
	fflush(shell->out.stream);
	return err;
}

static struct error *execute(struct shell *shell, const char *text)
{
	const struct command *command;
	size_t length = 0;
	struct error *err = registry_find(shell->registry, text, &command, &length);
	if (err)
		return err;
	if (command->raw)
		return run_raw(shell, command, text + length);
	text += length;
	_cleanup_free_ char *before = NULL, *condition = NULL;
	if (command->condition) {
		err = line_split_condition(text, &before, &condition);
		if (err)
			return err;
		text = before;
	}
	struct line line;
	err = command->expression ? line_init_expression(&line, text) : line_init(&line, text);
	if (!err)
		err = run_words(shell, command, &line, condition ? condition : "");
	line_deinit(&line);
	return err;
}

struct error *shell_execute(struct shell *shell, const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (!*line || *line == '#')
		return NULL;
	if (shell->block)
		return block_add(shell, line);
	if (!shell->registry)
		return error_create(ERROR_OTHER, "there are no commands");
	shell_handle_events(shell);
	if (shell->quit)
		return NULL;
	if (!shell->depth) {
		shell->cancel = false;
		shell->cancel_shown = false;
		adapt_output(shell, &shell->out);
	}
	shell->depth++;
	struct error *err = execute(shell, line);
	shell->depth--;
	if (!shell->depth) {
		fflush(shell->out.stream);
		shell_end_cancelled_line(shell);
		shell_handle_events(shell);
	}
	return err;
}
