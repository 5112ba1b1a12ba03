/*
 * data: the commands that print variables, values, channels, memory, source lines and the summary
 * of the program.
 *
 * This header declares what `print`, `locals` and `chan` share: the variables of the selected
 * frame, evaluation of expressions in it, limits from the settings, and rendering values as text
 * and JSON. Values are read and decoded by dbg/go/values.
 */
#ifndef GCTXDBG_COMMANDS_DATA_VALUE_VIEW_H
#define GCTXDBG_COMMANDS_DATA_VALUE_VIEW_H

#include "commands/goroutines/selection.h"
#include "commands/render/json.h"
#include "dbg/go/values/evaluate.h"

/* The selected frame with its variables; either may be missing. */
struct frame_view {
	struct selected selected;
	const struct frame *frame; /* NULL: the stack has no frame */
	struct variables variables;
	struct error *problem; /* why variables are missing; NULL: they are not */
};

/* Fails only if there is no memory, the target is gone or the user pressed Ctrl-C; any other error
 * is stored in `problem`. Free the result with frame_view_deinit(). */
struct error *frame_view_load(struct session *session, struct frame_view *ret);
void frame_view_deinit(struct frame_view *view);

/* Evaluates the expression `text` in the frame. If a name is not found and the frame has no
 * variables, warns why. Free the value with value_deinit(). */
struct error *frame_view_evaluate(struct session *session, const struct frame_view *view,
	const char *text, struct value *ret);

/* The words of a command line joined with blanks; malloc'ed, NULL without memory. */
char *join_words(const struct arguments *arguments);

struct value_limits limits_from_settings(const struct settings *settings);

/* ---- Rendering ---- */

/*
 * Prints a value on one line if it fits, otherwise with a line per field or element, indented by
 * `indent` columns. The cursor is at `column` when the first line begins. Ends the last line.
 */
void value_text(
	struct output *output, const struct value_node *node, unsigned column, unsigned indent);
/* The value on one line, cut to fit into `size` bytes. Returns `ret`. */
const char *value_short(const struct value_node *node, char *ret, size_t size);

/* The value as one object; values of one kind always have the same keys. */
void value_json(struct json *json, const char *key, const struct value_node *node);
/* Writes `"go":"…"`, the line that Go's %#v would print. */
void value_line_json(struct json *json, const struct value_node *node);

#endif
