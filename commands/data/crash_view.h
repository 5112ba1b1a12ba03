/*
 * Why a core's program died, as text and JSON.
 */
#ifndef GCTXDBG_COMMANDS_DATA_CRASH_VIEW_H
#define GCTXDBG_COMMANDS_DATA_CRASH_VIEW_H

#include "commands/render/json.h"
#include "dbg/go/goroutines/crash.h"

/*
 * Prints what Go's runtime printed, then where: "goroutine 1, thread 4711, in main.sum main.go:30".
 * The first line begins with `title`, in a column of `width`; the others with blanks. Prints
 * nothing for CRASH_NONE.
 */
void crash_text(
	struct output *output, const struct crash *crash, const char *title, unsigned width);

/* `"crash":{…}`, or null. */
void crash_json(struct json *json, const struct crash *crash);

#endif
