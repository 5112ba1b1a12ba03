/*
 * Printing what waits on a context and what holds it, as text and JSON, for `ctx show` and
 * `ctx who`.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_HOLDERS_TEXT_H
#define GCTXDBG_COMMANDS_CONTEXTS_HOLDERS_TEXT_H

#include "commands/contexts/context_view.h"
#include "commands/goroutines/goroutine_view.h"
#include "commands/render/json.h"
#include "dbg/go/reach/object_type.h"

/* One line: "goroutine 18 [select, 5m12s]  main.worker main.go:41". What cannot be read is left
 * out. */
void goroutine_line(struct output *output, struct session *session, uint64_t goid);
/* The same as a JSON object with goid, state, wait_seconds and the top user frame. What cannot be
 * read is left out; an error is one that ends the command (interrupted, target gone, no memory). */
struct error *goroutine_brief_json(struct json *json, struct session *session, uint64_t goid);

/* The types of the heap objects among some holders, sorted by address. */
struct holder_objects {
	struct object_type *items;
	size_t count;
};

/* Infers those types, at least for the first few hundred objects. Free the result with
 * holder_objects_deinit(). */
struct error *holder_objects_load(struct session *session, const struct context_holder *holders,
	size_t count, struct holder_objects *ret);
void holder_objects_deinit(struct holder_objects *objects);
/* The type of the object that contains the holder; NULL if holder_objects_load() did not inspect
 * it. */
const struct object_type *holder_object(
	const struct holder_objects *objects, const struct context_holder *holder);

/* One line that says where the context is held: "goroutine 18  in main.handle main.go:41
 * (variable ctx)", "main.server 0x…, its ctx", "global main.app at 0x…". */
void holder_line(struct output *output, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder);
/* The same as a JSON object; the error is as for goroutine_brief_json(). */
struct error *holder_json(struct json *json, struct session *session,
	const struct context_forest *forest, const struct holder_objects *objects,
	const struct context_holder *holder);

#endif
