/*
 * Completion candidates that come from the target: functions, goroutine IDs, thread IDs. For the
 * complete() functions of commands, which run only while the target can be read.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_COMPLETE_TARGET_H
#define GCTXDBG_COMMANDS_GOROUTINES_COMPLETE_TARGET_H

#include "commands/session/completions.h"

struct command_option;
struct session;

/* Adds the Go functions whose names start with `word`. */
void complete_function(struct session *session, const char *word, struct completions *completions);

/* Adds the IDs of all goroutines for the first argument; for struct command. */
void complete_goroutine(struct session *session, size_t word_index, const char *word,
	struct completions *completions);

/* The same for the value of the option --goroutine; for struct command. */
void complete_goroutine_value(struct session *session, const struct command_option *option,
	const char *word, struct completions *completions);

/* Adds the IDs of all threads for the first argument; for struct command. */
void complete_thread(struct session *session, size_t word_index, const char *word,
	struct completions *completions);

#endif
