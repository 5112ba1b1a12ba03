/*
 * goroutines: the commands that print goroutines and their stacks.
 *
 * This header declares what they share: struct goroutine_view, which is a goroutine together with
 * its stack, waits, labels and contexts, each computed on request; the fields that expressions may
 * use; and rendering as text and JSON. Goroutines themselves are read by dbg/go/goroutines.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_VIEW_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_VIEW_H

#include "commands/render/json.h"
#include "commands/session/session.h"
#include "dbg/expr/expr.h"
#include "dbg/go/contexts/context.h"
#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/waits/wait.h"
#include "dbg/go/waits/wait_time.h"

enum view_part {
	VIEW_STACK = 1,
	VIEW_WAITS = 2,
	VIEW_LABELS = 4,
	VIEW_CONTEXTS = 8, /* contexts whose Done channel it waits on; searches the whole heap */
	VIEW_ALL = VIEW_STACK | VIEW_WAITS | VIEW_LABELS,
};

struct goroutine_view {
	struct program *program;
	const struct goroutine *goroutine; /* belongs to the program */
	unsigned loaded;		   /* enum view_part */
	struct stack stack;
	struct wait *waits;
	size_t wait_count;
	struct label *labels;
	size_t label_count;
	bool waits_partial, labels_partial;  /* some could not be read */
	const struct context_forest *forest; /* if VIEW_CONTEXTS is loaded; NULL: no contexts */
};

/* The context whose Done channel waits[index] is; NULL if none, or if VIEW_CONTEXTS is not
 * loaded. */
const struct context *goroutine_view_context(const struct goroutine_view *view, size_t index);
/* The first context that it waits on, or NULL. */
const struct context *goroutine_view_first_context(const struct goroutine_view *view);

/* Loads those of `parts` that are not loaded yet. Free the view with goroutine_view_deinit(). */
struct error *goroutine_view_load(struct goroutine_view *view, unsigned parts);
void goroutine_view_deinit(struct goroutine_view *view);

/* Makes it a view of another goroutine, with nothing loaded. */
void goroutine_view_move(struct goroutine_view *view, const struct goroutine *goroutine);

/* The fields of a goroutine that expressions may use. */
const struct expr_schema *goroutine_expr_schema(void);
/*
 * Compiles a condition on the fields of a goroutine. A status or wait reason that the target does
 * not have is an error. Destroy `*ret` with expr_destroy().
 */
struct error *goroutine_expr_compile(struct program *program, const char *text, struct expr **ret);
/* The same for struct command. */
struct error *goroutine_expr_fields(
	struct session *session, const char *before, const struct expr_schema **ret);
/* Values of those fields; `context` is a struct goroutine_view, whose parts are loaded as
 * needed. */
struct error *goroutine_expr_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

/* The parts that evaluating `expr` may load. */
unsigned goroutine_expr_parts(const struct expr *expr);

/* ---- Rendering ---- */

/* The goroutine as one JSON object, with "frames" if `frames` is set (load the stack first). */
void goroutine_json(struct json *json, struct goroutine_view *view, bool frames);
/* `"created_by":{…}`. */
void creator_json(struct json *json, const struct goroutine_view *view);
/* One frame as an object. */
void frame_json(struct json *json, const char *key, const struct frame *frame);
/* `"frames":[…]`, and `"problem"` when the stack is incomplete. */
void stack_json(struct json *json, const struct stack *stack);

/* What the goroutine waits on, for example "receive chan main.Job 0xc000…" or "for 3.2s more".
 * Returns `ret`. */
const char *goroutine_describe_wait(
	const struct goroutine_view *view, const struct wait *wait, char *ret, size_t size);
/* "tenant: acme, step: parse it"; cut to fit into `size` bytes. Returns `ret`. */
const char *labels_describe(const struct label *labels, size_t count, char *ret, size_t size);
/* Prints the line "goroutine 18 [chan receive, 5m12s]" with what it waits on and its labels. */
void goroutine_heading(struct output *output, struct goroutine_view *view);

/* Whether stack_text() prints this frame: with `all`, or if it is not hidden (stack.h), or if all
 * frames are. */
bool stack_prints_frame(const struct stack *stack, size_t index, bool all);
/*
 * Prints frames as aligned lines "  2  main.worker  main.go:41". Frames of runtime internals and
 * wrappers are left out unless `all` is set; the numbering does not change. `marked` is the index of the
 * selected frame, or SIZE_MAX. Paths of standard library files are relative to its root:
 * runtime/proc.go.
 */
void stack_text(struct output *output, const struct stack *stack, bool all, size_t marked);
/* Prints "  created by main.main in goroutine 1  main.go:33" if that is known; without "in
 * goroutine 1" unless `parent` is set. */
void creator_text(struct output *output, struct program *program, const struct goroutine *goroutine,
	bool parent);

/* A readable wait time: "≥10s", "≤75s", "10s–75s", "5m12s" if both bounds read the same, "-" if
 * nothing is known. Returns `ret`. */
const char *format_wait_time(const struct wait_time *time, char *ret, size_t size);
/* `"wait_seconds":…,"wait_min_seconds":…,"wait_max_seconds":…` with this prefix; null if unknown.
 * `wait_ns` is from goroutine_wait_ns(). */
void wait_time_json(
	struct json *json, const char *prefix, int64_t wait_ns, const struct wait_time *time);

/* The last component of a path; NULL for NULL. */
const char *base_name(const char *path);

#endif
