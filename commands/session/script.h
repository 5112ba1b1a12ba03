/*
 * Runs scripts: files or streams with one command per line.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SCRIPT_H
#define GCTXDBG_COMMANDS_SESSION_SCRIPT_H

#include "commands/session/session.h"

/* The position in a running script, for messages. */
struct script_position {
	const char *name;
	unsigned line;
	struct script_position *caller; /* of the script that sourced this one; NULL: none */
};

enum { SCRIPT_POSITION_SIZE = 320 };

/* Formats "FILE:LINE: " into `ret`, or "" if `position` is NULL. */
void script_describe(const struct script_position *position, char *ret, size_t size);

/*
 * Runs a script file; "-" is stdin. Stops at the first command that fails unless `on-error` is
 * `continue`. The error names file and line.
 */
struct error *session_run_script(struct session *session, const char *path);

/* The same for the lines of `stream`, called `name` in messages. Does not close the stream. */
struct error *session_run_stream(struct session *session, FILE *stream, const char *name);

#endif
