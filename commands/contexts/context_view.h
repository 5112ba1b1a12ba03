/*
 * contexts: the `ctx` commands, which print the forest of contexts and the verdicts on it.
 *
 * This header declares what they share: loading the forest, finding the context named on the
 * command line, and printing one context as text or JSON. The forest and the verdicts themselves
 * are computed by dbg/go/contexts.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_VIEW_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_VIEW_H

#include "commands/render/json.h"
#include "commands/session/session.h"
#include "dbg/expr/expr.h"
#include "dbg/go/contexts/context.h"

/* Loads the forest and warns if part of it is missing. `flags` are those of program_contexts(). The
 * forest belongs to the program. */
struct error *contexts_load(
	struct session *session, unsigned flags, const struct context_forest **ret);

/* The number of the context at the address in `text` ("0xc000…"). ERROR_USAGE when `text` is not an
 * address, ERROR_NOT_FOUND when no context is there. */
struct error *context_argument(
	const struct context_forest *forest, const char *text, ptrdiff_t *ret);
/* Completes the address of a context; for struct command. */
void complete_context(struct session *session, size_t word_index, const char *word,
	struct completions *candidates);

/* A context, with the texts that expressions and renderers need and the forest does not have. */
struct context_view {
	struct session *session;
	const struct context_forest *forest;
	ptrdiff_t number;
	const char
		*verdict; /* name of the most severe verdict on it; NULL: none, or not computed */
	/* malloc'ed by context_view_load(), without import paths; NULL: nil */
	char *key, *value, *err, *cause;
	bool loaded;
};

static inline const struct context *view_context(const struct context_view *view)
{
	return &view->forest->items[view->number];
}

/* Computes key, value, err and cause unless that was done. */
struct error *context_view_load(struct context_view *view);
void context_view_deinit(struct context_view *view);

/* The fields of a context that expressions may use. */
const struct expr_schema *context_expr_schema(void);
/* The same for struct command. */
struct error *context_expr_fields(
	struct session *session, const char *before, const struct expr_schema **ret);
/* The numbers of the contexts for which the expression `where` (NULL: all) is true; malloc'ed. */
struct error *contexts_matching(struct session *session, const struct context_forest *forest,
	const char *where, ptrdiff_t **ret, size_t *ret_count);
/* Values of those fields; `context` is a struct context_view, which is loaded as needed. */
struct error *context_expr_value(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

/* Its type without import paths (see short_names.h). Returns `ret`. */
const char *context_type_text(const struct context *context, char *ret, size_t size);
/* "deadline in 4m12s", "deadline passed 3s ago", "has a deadline" if the time is unknown, or ""
 * without a deadline, and if the context was canceled for another reason. Returns `ret`. */
const char *context_deadline_text(struct program *program, const struct context_forest *forest,
	ptrdiff_t number, char *ret, size_t size);
/* The state, with the error and cause unless the error is "context canceled". Returns `ret`. */
const char *context_state_text(struct context_view *view, char *ret, size_t size);
/* Writes one object of `ctx list --json`; "depth" is left out if it is NOT_IN_TREE. After an error
 * the object is closed, but incomplete. */
enum { NOT_IN_TREE = -1 };
struct error *context_json(struct json *json, struct context_view *view, int64_t depth);

/* A short text for a value: `"user"`, main.key(1), context deadline exceeded. malloc'ed; NULL for
 * nil. */
struct error *context_value_text(struct program *program, const struct value *value, char **ret);
/* The same for a key: shows one level more, and the type of a basic key: main.key(1). */
struct error *context_key_text(struct program *program, const struct value *value, char **ret);

/* Prints a line such as "*context.cancelCtx 0x…  active, deadline in 4m12s". */
void context_line(struct session *session, const struct context_forest *forest, ptrdiff_t number);

/* Loads the forest with holders, and finds the context named by the command's first word. Includes
 * garbage if the command has --garbage and it was given. */
struct error *load_context_argument(struct session *session, const struct arguments *arguments,
	const struct context_forest **ret, ptrdiff_t *ret_number);

#endif
