/*
 * Contexts that have something in common: type, parent, state or key.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_GROUPS_H
#define GCTXDBG_COMMANDS_CONTEXTS_CONTEXT_GROUPS_H

#include "commands/contexts/context_view.h"

/* For the option's table; NULL-terminated: "type", "parent", "state", "key". */
extern const char *const context_group_names[];

struct context_group {
	char *label;
	ptrdiff_t first; /* one of them */
	size_t count, waiters;
};

struct context_groups {
	struct context_group *items;
	size_t count, capacity;
	size_t left_out; /* smaller groups beyond the limit */
	const char *by;
};

/* Groups the contexts `numbers`, biggest group first, at most `limit` (0: all). Free with
 * context_groups_deinit(). */
struct error *context_groups_make(struct session *session, const struct context_forest *forest,
	const ptrdiff_t *numbers, size_t count, const char *by, size_t limit,
	struct context_groups *ret);
void context_groups_deinit(struct context_groups *groups);
struct error *context_groups_text(struct session *session, const struct context_groups *groups);
struct error *context_groups_json(struct session *session, const struct context_groups *groups);

#endif
