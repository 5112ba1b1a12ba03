/*
 * A breakpoint as text and as JSON.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_LIST_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_LIST_H

#include "commands/breakpoints/break_session.h"
#include "commands/render/json.h"

/* "break", "tbreak", "trace". */
const char *breakpoint_kind_name(enum breakpoint_kind kind);

/* As an object; `key` is NULL in an array. */
void breakpoint_json(struct json *json, const char *key, const struct break_session *breaks,
	const struct breakpoint *breakpoint);

/* "breakpoint 1 at main.handle  server.go:41 (and 2 more places)" */
void breakpoint_summary(struct output *output, const struct breakpoint *breakpoint);

/* For complete(): the numbers that there are. */
void complete_breakpoint(struct session *session, size_t word_index, const char *word,
	struct completions *candidates);
/* The same for commands whose first word only is such a number. */
void complete_first_breakpoint(struct session *session, size_t word_index, const char *word,
	struct completions *candidates);

#endif
