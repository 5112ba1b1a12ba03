/*
 * Everything that is not a result: errors, warnings, notices and progress go to stderr here.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_MESSAGE_H
#define GCTXDBG_COMMANDS_SESSION_MESSAGE_H

#include "commands/session/session.h"

/* Prints a warning, prefixed with the position in the running script. Not silenced by -q. */
void session_warn(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints a notice such as "process 4711 exited with status 0". Silent with -q. */
void session_tell(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints and frees an error; does nothing for NULL. */
void session_report(struct session *session, struct error *err);

/*
 * Handles the result of a top-level command or script: reports and frees the error, and counts it
 * as a failure. ERROR_FINDINGS counts as a finding and is not reported, because the command has
 * printed what it found. Returns false if the command failed.
 */
bool session_settle(struct session *session, struct error *err);

/*
 * Asks a question on the terminal, printf-style, and returns true for "y". True without asking if
 * nobody can answer: in scripts and with --batch.
 */
bool session_confirm(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends the line on which the terminal echoed "^C", once per command. */
void session_end_cancelled_line(struct session *session);

/* Shows progress if stderr is a terminal. `done` == `total` erases the progress line. */
void session_progress(struct session *session, const char *what, uint64_t done, uint64_t total);

#endif
