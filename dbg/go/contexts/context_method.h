/*
 * What the Done and Deadline methods of a context of a foreign type return, found out by running
 * their code on the memory as it is (dwarf/code/code_run.h).
 *
 * A method may return the result of another context's method; then that context is the answer. If
 * not all paths through the code agree, the result is unknown, and no conclusion may be drawn from
 * it.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_METHOD_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_METHOD_H

#include "dbg/go/contexts/context_find.h"

enum method_kind {
	METHOD_UNKNOWN,
	METHOD_NIL,	/* Done: nil. Deadline: there is none */
	METHOD_OWN,	/* Done: the channel words[0]. Deadline: the time words[0] and words[1] */
	METHOD_CONTEXT, /* that of the context of `shape` at `address` */
	METHOD_CANCEL,	/* that of the cancelCtx at `address` */
};

struct method_result {
	enum method_kind kind;
	const struct context_shape *shape;
	uint64_t address;
	uint64_t words[2]; /* METHOD_OWN */
};

struct context_methods;

/* `types` must outlive `*ret`. Free it with context_methods_destroy(). */
struct error *context_methods_create(
	struct program *program, const struct context_types *types, struct context_methods **ret);
void context_methods_destroy(struct context_methods *methods);

/* `data` is the data word of the interface value. */
void context_method_done(struct context_methods *methods, const struct context_shape *shape,
	uint64_t data, struct method_result *ret);
void context_method_deadline(struct context_methods *methods, const struct context_shape *shape,
	uint64_t data, struct method_result *ret);

#endif
