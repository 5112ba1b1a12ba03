/* Running scripts line by line, up to the first command that fails: see script.h. */
#include "commands/session/script.h"

#include <errno.h>
#include <sys/stat.h>

#include "commands/session/block.h"
#include "commands/session/message.h"
#include "commands/session/open_file.h"
#include "commands/session/session_events.h"

enum { SCRIPT_MAX_DEPTH = 16, SCRIPT_MAX_LINE = 64 * 1024 };

void script_describe(const struct script_position *position, char *ret, size_t size)
{
	if (position)
		snprintf(ret, size, "%s:%u: ", position->name, position->line);
	else
		*ret = 0;
}

/*
 * Reads one line without its line break into `line`; `*ret` is false at the end of the file. The
 * length is bounded, as the file may be a core dump given by mistake.
 */
static struct error *read_line(FILE *stream, char *line, bool *ret)
{
	size_t length = 0;
	int c;
	while ((c = getc(stream)) != EOF && c != '\n') {
		if (!c)
			return error_create(ERROR_USAGE, "not a script: it contains a NUL byte");
		if (length == SCRIPT_MAX_LINE - 1)
			return error_create(ERROR_USAGE,
				"not a script: a line is longer than %d KiB",
				SCRIPT_MAX_LINE / 1024);
		line[length++] = (char)c;
	}
	if (c == EOF && ferror(stream))
		return error_system(errno, "cannot read the script");
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = 0;
	*ret = c != EOF || length;
	return NULL;
}

/*
 * Handles events while the program at the other end of a pipe takes its time between two commands:
 * they are reported immediately, and hits do not fill the queue, which would block the threads that
 * hit.
 */
static void wait_for_line(struct session *session, FILE *stream)
{
	while (session->target && session->target->state == TARGET_RUNNING && !session->quit) {
		struct pollfd fds[8] = {{.fd = fileno(stream), .events = POLLIN}};
		size_t count = session_event_fds(session, fds + 1, array_length(fds) - 1);
		if (poll(fds, count + 1, -1) < 0 && errno != EINTR)
			return;
		if (session_events_ready(fds + 1, count))
			session_handle_events(session);
		if (fds[0].revents)
			return;
	}
}

/* True for a pipe or terminal. Turns buffering off, so that poll() sees all input. */
static bool is_slow(FILE *stream)
{
	struct stat status;
	return !fstat(fileno(stream), &status) && !S_ISREG(status.st_mode) &&
	       setvbuf(stream, NULL, _IONBF, 0) == 0;
}

/* Runs one line; returns only errors that stop the script. */
static struct error *run_line(struct session *session, const char *line)
{
	struct error *err = session_execute(session, line);
	if (session->cancel && (!err || err->code != ERROR_CANCELLED)) {
		error_destroy(err);
		err = error_create(ERROR_CANCELLED, "interrupted");
	}
	if (!err)
		return NULL;
	if (err->code == ERROR_CANCELLED ||
		(err->code != ERROR_FINDINGS && session->settings.stop_on_error))
		return err;
	char where[SCRIPT_POSITION_SIZE];
	script_describe(session->script, where, sizeof(where));
	/* script_describe() ends with ": ", which error_wrap() adds itself. */
	session_settle(session, error_wrap(err, "%.*s", (int)strlen(where) - 2, where));
	return NULL;
}

struct error *session_run_stream(struct session *session, FILE *stream, const char *name)
{
	unsigned depth = 0;
	for (struct script_position *at = session->script; at; at = at->caller)
		depth++;
	if (depth >= SCRIPT_MAX_DEPTH)
		return error_create(ERROR_USAGE,
			"scripts are nested more than %d deep: does %s source itself?",
			SCRIPT_MAX_DEPTH, name);
	_cleanup_free_ char *line = malloc(SCRIPT_MAX_LINE);
	if (!line)
		return error_no_memory();
	struct script_position position = {.name = name, .caller = session->script};
	session->script = &position;
	struct error *err = NULL;
	bool slow = is_slow(stream);
	while (!err && !session->quit && !session->continue_requested) {
		bool got = false;
		position.line++;
		if (slow)
			wait_for_line(session, stream);
		err = read_line(stream, line, &got);
		if (!err && !got)
			break;
		if (!err)
			err = run_line(session, line);
	}
	struct error *open = block_finish(session);
	if (err)
		error_destroy(open);
	else
		err = open;
	session->script = position.caller;
	return error_wrap(err, "%s:%u", name, position.line);
}

struct error *session_run_script(struct session *session, const char *path)
{
	if (!strcmp(path, "-"))
		return session_run_stream(session, stdin, "stdin");
	FILE *stream = open_file_at_once(path, "r");
	if (!stream)
		return error_system(errno, "cannot open the script %s", path);
	struct stat status;
	struct error *err = NULL;
	if (!fstat(fileno(stream), &status) && S_ISDIR(status.st_mode))
		err = error_create(ERROR_USAGE, "%s is a directory, not a script", path);
	else
		err = session_run_stream(session, stream, path);
	fclose(stream);
	return err;
}
