/*
 * Renders the hit of a breakpoint: as a trace line, as the heading of a stop, or as a line of JSON.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_EVENT_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_EVENT_H

#include "commands/render/output.h"
#include "dbg/break/breakpoint.h"
#include "dbg/go/stacks/stack.h"

/* Formats a value: main.handle, 42, 0xc000012000, "with blanks", 1.5s. Returns `ret`. */
const char *break_field_describe(const struct break_field *field, char *ret, size_t size);

/* "12:20:52.123456  2 newproc  g18  fn=main.main.gowrap1 (calls main.handle) new_goid=55"; with
 * the location after the goroutine unless the values include it. */
void break_event_line(struct output *output, const struct break_event *event);

/* "breakpoint 1, main.handle, hit 3: goroutine 18 on thread 4242", the location, the values. */
void break_event_heading(struct output *output, const struct break_event *event);

/* Prints one JSON object on one line; `stack` may be NULL. */
struct error *break_event_json(
	struct output *output, const struct break_event *event, const struct stack *stack);

#endif
