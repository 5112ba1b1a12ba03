/*
 * Grouping goroutines by stack and state, status, wait reason, entry function, creator, pprof
 * labels or synctest bubble.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_GROUPS_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_GROUPS_H

#include "commands/goroutines/goroutine_matches.h"
#include "commands/render/json.h"

enum group_by {
	GROUP_BY_STACK,
	GROUP_BY_STATUS,
	GROUP_BY_WAIT,
	GROUP_BY_ENTRY,
	GROUP_BY_CREATOR,
	GROUP_BY_LABELS,
	GROUP_BY_BUBBLE,
};

/* Values of the --group option, in the order of enum group_by; NULL-terminated. */
extern const char *const group_by_names[];

struct goroutine_group {
	const char *label; /* what the group has in common; for a stack group: the state; NULL: the
			      labels, or the bubble of `first` */
	const struct goroutine *first; /* whose stack is printed for the group */
	uint64_t *goids;
	size_t count, capacity;
	int64_t longest_wait_ns;  /* see goroutine_wait_ns(); -1 unknown */
	struct wait_time longest; /* the greatest of each bound */
	/* Of the first goroutine, if grouped by stack or labels. */
	struct label *labels;
	size_t label_count;
	bool labels_differ; /* not all have these */
};

struct goroutine_groups {
	struct program *program;
	const struct goroutine_list *list; /* belongs to the program */
	struct goroutine_group *items;
	size_t count, capacity;
	size_t left_out; /* number of smaller groups dropped because of the limit */
	enum group_by by;
};

/*
 * Groups the matches, largest group first, at most `limit` groups (0: all). Free the result with
 * goroutine_groups_deinit().
 */
struct error *goroutine_groups_make(struct session *session,
	const struct goroutine_matches *matches, enum group_by by, size_t limit,
	struct goroutine_groups *ret);
void goroutine_groups_deinit(struct goroutine_groups *groups);

/*
 * Rendering (goroutine_groups_show.c). The stack of each group is read when the group is printed
 * and freed afterwards. Fails when reading does.
 */
struct error *goroutine_groups_text(
	struct session *session, const struct goroutine_groups *groups, bool all_frames);
/* Writes `"group"` and `"groups":[…]`. The array is closed even after an error; the caller records
 * the error with json_problem(). */
struct error *goroutine_groups_json(
	struct session *session, struct json *json, const struct goroutine_groups *groups);

#endif
