/*
 * What the commands of the `ctx` family share: loading the forest, naming a context on the command
 * line, and showing one as text or JSON.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_VIEW_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_VIEW_H

#include "commands/render/json.h"
#include "commands/session/session.h"
#include "dbg/expr/expr.h"
#include "dbg/go/contexts/context.h"

/* Loads the forest and warns of what is missing in it. `flags` as program_contexts() takes them. */
struct error *contexts_load(
	struct session *session, unsigned flags, const struct context_forest **ret);

/* The context that `text` ("0xc000…") names; ERROR_NOT_FOUND, ERROR_USAGE. */
struct error *context_argument(
	const struct context_forest *forest, const char *text, ptrdiff_t *ret);
/* For complete(): addresses of contexts. */
void complete_context(struct session *session, size_t word_index, const char *word,
	struct completions *candidates);

/* A context and what expressions and renderers want to know of it beyond the forest. */
struct context_view {
	struct session *session;
	const struct context_forest *forest;
	ptrdiff_t number;
	const char *verdict; /* name of the gravest one on it; NULL: none, or not asked for */
	char *key, *value, *err, *cause; /* as text; context_view_load() computes them. malloc'ed */
	bool loaded;
};

static inline const struct context *view_context(const struct context_view *view)
{
	return &view->forest->items[view->number];
}

struct error *context_view_load(struct context_view *view);
void context_view_deinit(struct context_view *view);

const struct expr_schema *context_expr_schema(void);
/* For struct command. */
struct error *context_expr_fields(
	struct session *session, const char *before, const struct expr_schema **ret);
/* The contexts for which `where` (NULL: all) holds, as numbers in the forest; malloc'ed. */
struct error *contexts_matching(struct session *session, const struct context_forest *forest,
	const char *where, ptrdiff_t **ret, size_t *ret_count);
/* The context is a struct context_view. */
struct error *context_expr_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

/* "in 4m12s", "passed 3s ago", or "" without a deadline. Returns `ret`. */
const char *context_deadline_text(
	struct program *program, const struct context *context, char *ret, size_t size);
/* "canceled", with the error when it is not the usual one; "active"; … Returns `ret`. */
const char *context_state_text(struct context_view *view, char *ret, size_t size);
/* One object of `ctx list --json`; "depth" only in a tree (NOT_IN_TREE: none). */
enum { NOT_IN_TREE = -1 };
struct error *context_json(struct json *json, struct context_view *view, int64_t depth);

/* The text of a value in a few words: `"user"`, main.key(1), context deadline exceeded. malloc'ed;
 * NULL for nil. */
struct error *context_value_text(struct program *program, const struct value *value, char **ret);

/* "*context.cancelCtx 0x…  active, deadline in 4m12s", and a line end. */
void context_line(struct session *session, const struct context_forest *forest, ptrdiff_t number);

/* The forest with holders, and in it the context that the command's first word names (--garbage is
 * heeded where the command has it). */
struct error *load_context_argument(struct session *session, const struct arguments *arguments,
	const struct context_forest **ret, ptrdiff_t *ret_number);

#endif
