/*
 * Grouping goroutines by what they have in common: the same stack and state, status, wait reason,
 * entry or creator.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_GROUPS_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_GROUPS_H

#include "commands/goroutines/goroutine_matches.h"
#include "commands/render/json.h"

enum group_by { GROUP_BY_STACK, GROUP_BY_STATUS, GROUP_BY_WAIT, GROUP_BY_ENTRY, GROUP_BY_CREATOR };

/* For the option's table: in the order of enum group_by. */
extern const char *const group_by_names[];

struct goroutine_group {
	const char *label; /* what is common, as text of the program; of a stack group: the state */
	const struct goroutine *first; /* one of them, whose stack is shown for all */
	uint64_t *goids;
	size_t count, capacity;
	int64_t longest_wait_ns; /* -1 unknown */
};

struct goroutine_groups {
	struct program *program;
	const struct goroutine_list *list; /* belongs to the program */
	struct goroutine_group *items;
	size_t count, capacity;
	size_t left_out; /* smaller groups beyond the limit */
	enum group_by by;
};

/*
 * Groups the matches; biggest group first, at most `limit` of them (0: all). Free with
 * goroutine_groups_deinit().
 */
struct error *goroutine_groups_make(struct session *session,
	const struct goroutine_matches *matches, enum group_by by, size_t limit,
	struct goroutine_groups *ret);
void goroutine_groups_deinit(struct goroutine_groups *groups);

/*
 * Rendering (goroutine_groups_show.c). The stack of each group is read when it is printed, and
 * forgotten. An error comes from reading.
 */
struct error *goroutine_groups_text(
	struct session *session, const struct goroutine_groups *groups, bool all_frames);
/* Writes `"groups":[…]`, up to an error. */
struct error *goroutine_groups_json(
	struct session *session, struct json *json, const struct goroutine_groups *groups);

#endif
