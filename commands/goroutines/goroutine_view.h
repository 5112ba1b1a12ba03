/*
 * What commands show of a goroutine: its fields together with the costlier things computed on
 * request.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_VIEW_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_VIEW_H

#include "commands/render/json.h"
#include "commands/session/session.h"
#include "dbg/expr/expr.h"
#include "dbg/go/contexts/context.h"
#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/goroutines/goroutine_stack.h"
#include "dbg/go/goroutines/wait.h"

enum view_part {
	VIEW_STACK = 1,
	VIEW_WAITS = 2,
	VIEW_LABELS = 4,
	VIEW_CONTEXTS = 8, /* which contexts' Done it waits on; costs a look at the whole heap */
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
	bool waits_partial, labels_partial;  /* some of them could not be read */
	const struct context_forest *forest; /* with VIEW_CONTEXTS; NULL: there are no contexts */
};

/* The context whose Done the goroutine's wait number `index` is for; NULL: none, or VIEW_CONTEXTS
 * was not asked for. */
const struct context *goroutine_view_context(const struct goroutine_view *view, size_t index);
/* The first context that it waits on; NULL. */
const struct context *goroutine_view_first_context(const struct goroutine_view *view);

/* Computes those of `parts` that are not there yet. Free with goroutine_view_deinit(). */
struct error *goroutine_view_load(struct goroutine_view *view, unsigned parts);
void goroutine_view_deinit(struct goroutine_view *view);

/* Makes it a view of another goroutine, of which nothing is loaded yet. */
void goroutine_view_move(struct goroutine_view *view, const struct goroutine *goroutine);

/* The fields of a goroutine that expressions may use, for `help where` and completion. */
const struct expr_schema *goroutine_expr_schema(void);
/* For struct command. */
struct error *goroutine_expr_fields(
	struct session *session, const char *before, const struct expr_schema **ret);
/* Values of those fields; the context is a struct goroutine_view, whose parts are loaded as needed.
 */
struct error *goroutine_expr_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

/* The parts that evaluating `expr` may load. */
unsigned goroutine_expr_parts(const struct expr *expr);

/* ---- Rendering ---- */

/* The goroutine as one JSON object of the contract; frames only when its stack is loaded and
 * `frames` is set. */
void goroutine_json(struct json *json, struct goroutine_view *view, bool frames);
/* `"created_by":{…}`. */
void creator_json(struct json *json, const struct goroutine_view *view);
/* One frame as an object. */
void frame_json(struct json *json, const char *key, const struct frame *frame);
/* `"frames":[…]`, and `"problem"` when the stack is incomplete. */
void stack_json(struct json *json, const struct stack *stack);

/* "chan receive 5m12s, chan main.Job 0xc000…" and the like: the state with all that is known of it.
 * Returns `ret`. */
const char *goroutine_describe_wait(
	const struct goroutine_view *view, const struct wait *wait, char *ret, size_t size);
/* "goroutine 18 [chan receive, 5m12s]" with what it waits on and its labels; ends the line. */
void goroutine_heading(struct output *output, struct goroutine_view *view);

/*
 * Frames as indented lines "  2  main.worker  main.go:41", aligned; runtime internals left out
 * unless `all`, the numbering kept. `marked` is the selected frame or SIZE_MAX. Files of the
 * standard library are named from its root: runtime/proc.go.
 */
void stack_text(struct output *output, const struct stack *stack, bool all, size_t marked);
/* "  created by main.main in goroutine 1  main.go:33", or nothing; without the goroutine unless
 * `parent`. */
void creator_text(struct output *output, struct program *program, const struct goroutine *goroutine,
	bool parent);

/*
 * How long it has waited, for people: "5m12s", "≥5m12s" where the clock is not exact (a core), "-"
 * when unknown. `wait_ns` as goroutine_wait_ns() gives it. Returns `ret`.
 */
const char *format_wait(struct program *program, int64_t wait_ns, char *ret, size_t size);

/* The last part of a path. */
const char *base_name(const char *path);

#endif
