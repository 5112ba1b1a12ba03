/*
 * The names that expressions can use at each kind of location, and their values at a hit. Private
 * to dbg/break.
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
	VALUE_VARIABLES, /* the first variable; the others follow */
};

/* Offsets of the fields of a context.cancelCtx; -1: the release lacks it. */
struct context_parts {
	int64_t err, cause, children;
	bool err_is_any; /* an atomic.Value */
};

/* The sources of values, besides the hit. */
struct value_source {
	const struct location *location;
	const struct location_variables *variables;
	struct context_parts context;
	int wrapper_id; /* see unwind_wrapper_id() */
};

/* Finds the sources for a location. `ret` need not be freed; it refers to the arguments. */
struct error *value_source_init(struct program *program, const struct location *location,
	const struct location_variables *variables, struct value_source *ret);

/*
 * The names at a location, in an array that the caller frees. The texts belong to the arguments or
 * are static.
 */
struct error *value_names(const struct location *location,
	const struct location_variables *variables, struct expr_name **ret, size_t *ret_count);

/* The ids of the values that events show by default; returns their number. */
size_t value_shown(
	enum location_kind kind, const struct location_variables *variables, int *ret, size_t max);
/* True if the value is to be shown as 0x…. */
bool value_is_address(const struct location_variables *variables, int id);

/* The context of value_at_hit(). */
struct value_input {
	struct hit *hit;
	const struct value_source *source;
	const struct births *births;
	size_t item; /* of the location */
};

/*
 * A callback of struct expr_input; `context` is a struct value_input. `*ret` must be absent before.
 */
struct error *value_at_hit(
	void *context, int id, size_t index, const char *key, struct expr_value *ret);

#endif
