/*
 * Who waits for a context and who holds it, in words and as JSON: for `ctx show`, `ctx who` and
 * `goroutine`.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_HOLDERS_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_HOLDERS_H

#include "commands/contexts/context_view.h"
#include "commands/goroutines/goroutine_view.h"
#include "commands/render/json.h"
#include "dbg/go/reach/object_type.h"

/* A goroutine's line: "goroutine 18 [select, 5m12s]  main.worker main.go:41". */
void goroutine_line(struct output *output, struct session *session, uint64_t goid);
/* The same as a JSON object with goid, state, wait_seconds and the top user frame. What cannot be
 * read is left out; an error is one that ends the command (interrupted, target gone, no memory). */
struct error *goroutine_brief_json(struct json *json, struct session *session, uint64_t goid);

/* What the heap objects among some holders are, sorted by address. */
struct holder_objects {
	struct object_type *items;
	size_t count;
};

/* Finds that out, at least for the first few hundred. Free with holder_objects_deinit(). */
struct error *holder_objects_load(struct session *session, const struct context_holder *holders,
	size_t count, struct holder_objects *ret);
void holder_objects_deinit(struct holder_objects *objects);
/* Of the object that the holder lies in; NULL when it was not looked at. */
const struct object_type *holder_object(
	const struct holder_objects *objects, const struct context_holder *holder);

/* Where the holder keeps it: "main.handle (ctx)", "main.server 0x….ctx", "main.app". */
void holder_line(struct output *output, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder);
struct error *holder_json(struct json *json, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder);

#endif
