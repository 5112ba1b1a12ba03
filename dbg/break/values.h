/*
 * What expressions can name at each kind of place, and its values at a hit. Private to dbg/break.
 */
#ifndef GCTXDBG_BREAK_VALUES_H
#define GCTXDBG_BREAK_VALUES_H

#include "dbg/break/location_variables.h"
#include "dbg/break/births.h"

enum value_id {
	VALUE_HITS,
	VALUE_GOID,
	VALUE_THREAD,
	VALUE_FUNCTION,
	VALUE_CALLER,
	VALUE_STACK,
	VALUE_LABELS,
	VALUE_FN,
	VALUE_CALLS,
	VALUE_FILE,
	VALUE_LINE,
	VALUE_NEW_GOID,
	VALUE_ENTRY,
	VALUE_CREATOR,
	VALUE_CREATOR_FILE,
	VALUE_CREATOR_LINE,
	VALUE_AGE,
	VALUE_CTX,
	VALUE_CTX_TYPE,
	VALUE_ERR,
	VALUE_CAUSE,
	VALUE_CHILDREN,
	VALUE_REASON,
	VALUE_READY_GOID,
	VALUE_PANIC,
	VALUE_PANIC_TYPE,
	VALUE_VARIABLES, /* the first variable's; the others follow */
};

/* Where the parts of a context.cancelCtx are; -1: it has none. */
struct context_parts {
	int64_t err, cause, children;
	bool err_is_any; /* an atomic.Value */
};

/* What values come from, besides the hit. */
struct value_source {
	const struct location *location;
	const struct location_variables *variables;
	struct context_parts context;
	int wrapper_id; /* of functions; see wrapped_call.h */
};

/* Finds what the place needs; nothing to free. */
struct error *value_source_init(struct program *program, const struct location *location,
	const struct location_variables *variables, struct value_source *ret);

/* The names of a place: an array to free; the texts belong to the arguments or are static. */
struct error *value_names(const struct location *location,
	const struct location_variables *variables, struct expr_name **ret, size_t *ret_count);

/* The values that an event of the place tells; returns how many of `ret`. */
size_t value_shown(
	enum location_kind kind, const struct location_variables *variables, int *ret, size_t max);
/* People read it as 0x…. */
bool value_is_address(const struct location_variables *variables, int id);

/* A hit, for expressions. */
struct value_input {
	struct hit *hit;
	const struct value_source *source;
	const struct births *births;
	size_t item; /* of the place */
};

/* A callback of struct expr_input; `context` is a struct value_input. `ret` is absent before. */
struct error *value_at_hit(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

#endif
