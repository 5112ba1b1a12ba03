/*
 * Prints breakpoints as text and as JSON, and completes their numbers.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_LIST_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_LIST_H

#include "commands/breakpoints/break_session.h"
#include "commands/render/json.h"

/* "break", "tbreak", "trace". */
const char *breakpoint_kind_name(enum breakpoint_kind kind);

/* Adds the breakpoint as an object; `key` is NULL in an array. */
void breakpoint_json(struct json *json, const char *key, const struct break_session *breaks,
	const struct breakpoint *breakpoint);

/* Prints "breakpoint 1 at main.handle: main.handle  server.go:41  0x4a1b20". */
void breakpoint_summary(struct output *output, const struct breakpoint *breakpoint);

/* Adds the numbers of all breakpoints; for struct command. */
void complete_breakpoint(struct session *session, size_t word_index, const char *word,
	struct completions *candidates);
/* The same, but only for the first argument. */
void complete_first_breakpoint(struct session *session, size_t word_index, const char *word,
	struct completions *candidates);

#endif
