/*
 * What `print`, `locals` and `chan` share: the selected frame's variables, limits from the
 * settings, and values as text and JSON.
 */
#ifndef GCTXDBG_COMMANDS_DATA_VALUE_VIEW_H
#define GCTXDBG_COMMANDS_DATA_VALUE_VIEW_H

#include "commands/goroutines/selection.h"
#include "commands/render/json.h"
#include "dbg/go/values/evaluate.h"

/* The selected frame with its variables; each part may be missing. */
struct frame_view {
	struct selected selected;
	const struct frame *frame; /* NULL: there is none */
	struct variables variables;
	struct error *problem; /* why there are no variables; NULL */
};

/* Never fails but without memory or target: what cannot be had is `problem`. */
struct error *frame_view_load(struct session *session, struct frame_view *ret);
void frame_view_deinit(struct frame_view *view);

/* Evaluates `text` in the frame. When a name is not found, says why the frame has no variables. */
struct error *frame_view_evaluate(struct session *session, const struct frame_view *view,
	const char *text, struct value *ret);

/* The words of a command line as one text; malloc'ed, NULL without memory. */
char *join_words(const struct arguments *arguments);

struct value_limits limits_from_settings(const struct settings *settings);

/* ---- Rendering ---- */

/*
 * A value for people: on one line where it fits, else with a line per field or element, `indent`
 * columns further in; the first line begins where the cursor is, `column`. Ends the last line.
 */
void value_text(
	struct output *output, const struct value_node *node, unsigned column, unsigned indent);
/* On one line of the same kind, cut at `size`. Returns `ret`. */
const char *value_short(const struct value_node *node, char *ret, size_t size);

/* The value as one object; keys are the same for all values of a kind. */
void value_json(struct json *json, const char *key, const struct value_node *node);
/* `"go":"…"`: the line that Go's %#v would print. */
void value_line_json(struct json *json, const struct value_node *node);

#endif
