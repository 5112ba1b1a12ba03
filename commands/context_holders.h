/*
 * Who waits for a context and who holds it, in words and as JSON: for `ctx show`, `ctx who` and
 * `goroutine`.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXT_HOLDERS_H
#define GCTXDBG_COMMANDS_CONTEXT_HOLDERS_H

#include "commands/context_view.h"
#include "commands/goroutine_view.h"

/* A goroutine's line: "goroutine 18 [select, 5m12s]  main.worker main.go:41". */
void goroutine_line(struct output *output, struct shell *shell, uint64_t goid);
/* The same as a JSON object with goid, state, wait_seconds and the top user frame. */
void goroutine_brief_json(struct json *json, struct shell *shell, uint64_t goid);

/* Where the holder keeps it: "main.handle (ctx)", "heap object 0x… of 96 bytes", "main.app". */
void holder_line(struct output *output, struct shell *shell, const struct context_forest *forest,
	const struct context_holder *holder);
void holder_json(struct json *json, struct shell *shell, const struct context_forest *forest,
	const struct context_holder *holder);

#endif
