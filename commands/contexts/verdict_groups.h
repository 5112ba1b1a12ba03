/*
 * Groups of similar verdicts: `ctx check` and `dump` show one of each.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_VERDICT_GROUPS_H
#define GCTXDBG_COMMANDS_CONTEXTS_VERDICT_GROUPS_H

#include "commands/contexts/verdict_text.h"

/* Verdicts that differ only in their contexts and goroutines. */
struct verdict_group {
	size_t first, count; /* `first` is an index into the verdicts */
	char *location;	     /* verdict_location() */
};

struct verdict_groups {
	struct verdict_group *items;
	size_t count;
};

/*
 * Groups similar verdicts; with `all`, each is a group of its own. If `group_of` is not NULL, it
 * has an entry for each verdict, which is set to the number of its group. Free `ret` with
 * verdict_groups_deinit(), also after an error. Implemented in ctx_check.c.
 */
struct error *group_verdicts(struct session *session, const struct context_forest *forest,
	const struct verdicts *verdicts, bool all, size_t *group_of, struct verdict_groups *ret);
void verdict_groups_deinit(struct verdict_groups *groups);

#endif
