/*
 * Grouping contexts by type, parent, state or key.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_GROUPS_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_GROUPS_H

#include "commands/contexts/context_view.h"

/* Values of the --group option, NULL-terminated: "type", "parent", "state", "key". */
extern const char *const context_group_names[];

struct context_group {
	char *label;
	ptrdiff_t first; /* number of its first context */
	size_t count, waiters;
};

struct context_groups {
	struct context_group *items;
	size_t count, capacity;
	size_t left_out; /* number of smaller groups dropped because of the limit */
	const char *by;	 /* one of context_group_names */
};

/* Groups the contexts with these `numbers`, largest group first, at most `limit` groups (0: all).
 * Free the result with context_groups_deinit(). */
struct error *context_groups_make(struct session *session, const struct context_forest *forest,
	const ptrdiff_t *numbers, size_t count, const char *by, size_t limit,
	struct context_groups *ret);
void context_groups_deinit(struct context_groups *groups);
struct error *context_groups_text(struct session *session, const struct context_groups *groups);
struct error *context_groups_json(struct session *session, const struct context_groups *groups);

#endif
