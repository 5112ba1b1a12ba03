/* Runs a command line, with its output where the line directs it: see session.h. */
#include "commands/session/session.h"

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
#include "commands/session/message.h"
#include "commands/session/open_file.h"
#include "commands/session/plugin.h"
#include "commands/session/registry.h"
#include "commands/session/session_events.h"
#include "commands/session/session_target.h"
#include "commands/session/settings.h"
#include "commands/session/spawn.h"

void session_init(struct session *session)
{
	*session = (struct session){.out = {.stream = stdout}};
	settings_init(&session->settings);
	session_report(session, registry_create(&session->registry));
}

void session_deinit(struct session *session)
{
	block_abandon(session);
	session_close_target(session);
	registry_destroy(session->registry);
	plugin_unload_all(session);
	settings_deinit(&session->settings);
	*session = (struct session){0};
}

/* Sets color and width of `output` according to the settings and its stream. */
static void adapt_output(const struct session *session, struct output *output)
{
	/* Only this thread writes results: do not lock the stream for each character. */
	__fsetlocking(output->stream, FSETLOCKING_BYCALLER);
	int fd = fileno(output->stream);
	bool terminal = fd >= 0 && isatty(fd);
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	bool able = terminal && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
	output->color = session->settings.color == COLOR_ALWAYS ||
			(session->settings.color == COLOR_AUTO && able);
	output->width = session->settings.width;
	struct winsize size;
	if (!output->width && terminal && !ioctl(fd, TIOCGWINSZ, &size))
		output->width = size.ws_col;
	output->height = terminal && !ioctl(fd, TIOCGWINSZ, &size) ? size.ws_row : 0;
}

bool session_uses_color(const struct session *session)
{
	struct output output = {.stream = stdout};
	adapt_output(session, &output);
	return output.color;
}

/* Where the output of a command goes, and what to restore after it. */
struct sink {
	struct output saved;
	pid_t child;	     /* at the reading end of a pipe; 0: none */
	const char *command; /* what the child runs */
	const char *path;    /* of a file; NULL: none */
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
		return error_system(errno, "cannot create a pipe");
	/* The stream first: a later failure would leave an unreaped child. */
	FILE *stream = fdopen(ends[1], "w");
	if (!stream)
		close(ends[1]);
	struct error *err =
		stream ? spawn_start(line->destination, ends[0], &sink->child) : error_no_memory();
	close(ends[0]);
	if (err) {
		if (stream)
			fclose(stream);
		return err;
	}
	output->stream = stream;
	sink->command = line->destination;
	return NULL;
}

static struct error *sink_open(struct session *session, const struct line *line, struct sink *sink)
{
	*sink = (struct sink){.saved = session->out};
	fflush(session->out.stream);
	struct output output = session->out;
	struct error *err = NULL;
	if (line->output == LINE_FILE || line->output == LINE_APPEND)
		err = open_file(sink, line, &output);
	else if (line->output == LINE_PIPE)
		err = open_pipe(sink, line, &output);
	if (err)
		return err;
	if (output.stream != session->out.stream)
		setvbuf(output.stream, NULL, _IOFBF, OUTPUT_BUFFER);
	adapt_output(session, &output);
	session->out = output;
	return NULL;
}

/* A reader that stopped reading (`… | head`) is not an error; a full disk is. */
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
		/* The reason of an earlier failure is lost: write again to get it. */
		clearerr(stream);
		errno = EIO;
		fputc('\n', stream);
		fflush(stream);
		errnum = errno;
	}
	return error_system(errnum, "cannot write to %s", name);
}

static struct error *sink_close(struct session *session, struct sink *sink)
{
	FILE *stream = session->out.stream;
	struct error *err = flush_output(stream, sink->path ? sink->path : "standard output");
	if (stream == sink->saved.stream) {
		/* The error flag of stdout stays set: later commands see it and stop early. */
		session->out = sink->saved;
		return err;
	}
	fclose(stream);
	session->out = sink->saved;
	if (sink->child) {
		struct error *child_err = spawn_wait(session, sink->child, sink->command);
		if (!err)
			return child_err;
		error_destroy(child_err);
	}
	return err;
}

/* Returns an error if the command needs a target that it can read and there is none. */
static struct error *check_target(const struct session *session, const struct command *command)
{
	if (!command->needs_target)
		return NULL;
	if (!session->target)
		return error_create(ERROR_GONE, "%s: no process or core is open", command->name);
	if (session->target->state == TARGET_RUNNING && command->group != GROUP_RUNNING &&
		!command->while_running)
		return error_create(ERROR_GONE, "%s: process %d is running; \"interrupt\" stops it",
			command->name, (int)session->target->pid);
	return NULL;
}

static struct error *run_words(struct session *session, const struct command *command,
	const struct line *line, const char *rest)
{
	struct parsed_arguments parsed;
	struct error *err = arguments_init(&parsed, command, line->words, line->word_count);
	parsed.arguments.rest = rest;
	if (!err)
		err = check_target(session, command);
	struct sink sink;
	if (!err)
		err = sink_open(session, line, &sink);
	if (!err) {
		err = command->run(session, &parsed.arguments);
		struct error *output_err = sink_close(session, &sink);
		/* Findings that could not be written are a failure. */
		if (output_err && (!err || err->code == ERROR_FINDINGS)) {
			error_destroy(err);
			err = take_pointer(output_err);
		}
		error_destroy(output_err);
	}
	arguments_deinit(&parsed);
	return err;
}

/* Runs a command that takes the rest of the line unparsed. */
static struct error *run_raw(
	struct session *session, const struct command *command, const char *rest)
{
	static const char *const none[] = {NULL};
	while (isspace((unsigned char)*rest))
		rest++;
	if (!*rest && command->min_words)
		return error_create(ERROR_USAGE, "%s needs an argument; usage: %s", command->name,
			command->usage);
	struct error *err = check_target(session, command);
	if (err)
		return err;
	struct arguments arguments = {.command = command, .words = none, .rest = rest};
	err = command->run(session, &arguments);
	fflush(session->out.stream);
	return err;
}

static struct error *execute(struct session *session, const char *text)
{
	const struct command *command;
	size_t length = 0;
	struct error *err = registry_find(session->registry, text, &command, &length);
	if (err)
		return err;
	if (command->raw)
		return run_raw(session, command, text + length);
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
		err = run_words(session, command, &line, condition ? condition : "");
	line_deinit(&line);
	return err;
}

struct error *session_execute(struct session *session, const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	if (!*line || *line == '#')
		return NULL;
	if (session->block)
		return block_add(session, line);
	if (!session->registry)
		return error_create(ERROR_OTHER, "there are no commands");
	session_handle_events(session);
	if (session->quit)
		return NULL;
	/* At a prompt each line starts anew. Otherwise, Ctrl-C before a command, or between two of
	 * them, ends the whole run. */
	if (!session->depth && session->cancel && !session->interactive)
		return error_create(ERROR_CANCELLED, "interrupted");
	if (!session->depth) {
		session->cancel = false;
		session->cancel_shown = false;
		adapt_output(session, &session->out);
	}
	session->depth++;
	struct error *err = execute(session, line);
	session->depth--;
	if (!session->depth) {
		fflush(session->out.stream);
		session_end_cancelled_line(session);
		session_handle_events(session);
	}
	return err;
}
