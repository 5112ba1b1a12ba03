/*
 * The goroutines that match a query, and walking over them.
 *
 * A million goroutines must not fill the memory, and `goroutines | head` must not wait for all of
 * them. So only the numbers of the matches are stored (4 bytes each). Everything else is computed
 * during the walk, from target memory that is read in batches, and then discarded.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_MATCHES_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_MATCHES_H

#include "commands/goroutines/goroutine_view.h"

struct view_query {
	const char *where; /* an expression; NULL: all */
	bool with_system;  /* include the runtime's goroutines */
	uint64_t limit;	   /* number of matches to keep; 0: no limit */
};

struct goroutine_matches {
	const struct goroutine_list *list; /* belongs to the program */
	uint32_t *numbers;		   /* indexes into `list`, ascending */
	size_t count, capacity;
	size_t matching;  /* number of matches, including those beyond the limit */
	size_t undecided; /* number of those that may match: their wait time is not known enough */
	size_t hidden_system; /* number of matching system goroutines left out */
};

/* Finds the matches. Free them with goroutine_matches_deinit(). */
struct error *goroutine_matches_load(
	struct session *session, const struct view_query *query, struct goroutine_matches *ret);
void goroutine_matches_deinit(struct goroutine_matches *matches);

/* The match with this index, in the order of IDs. */
static inline const struct goroutine *goroutine_match(
	const struct goroutine_matches *matches, size_t index)
{
	return &matches->list->items[matches->numbers[index]];
}

/* Called for one match. The view is valid only during the call. Returning false ends the walk. */
typedef bool goroutine_visitor(void *context, struct goroutine_view *view);

/*
 * Calls `visit` for each match, with `parts` of it loaded (enum view_part), in the order of their
 * numbers: ascending IDs, unless the caller chose the numbers. Fails when reading does; `visit` has
 * then been called for the matches before that. `prints` says that `visit` prints results: progress
 * is then shown only if they go to a file.
 */
struct error *goroutine_matches_visit(struct session *session,
	const struct goroutine_matches *matches, unsigned parts, bool prints,
	goroutine_visitor *visit, void *context);

#endif
