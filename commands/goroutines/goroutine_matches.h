/*
 * The goroutines that a query matches, and walking over them.
 *
 * A million goroutines must neither fill the memory nor keep `goroutines | head` waiting: only the
 * numbers of those that match are kept (4 bytes each), and what is shown of each is computed while
 * walking, from memory that is fetched for a batch at a time, and forgotten again.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_MATCHES_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_MATCHES_H

#include "commands/goroutines/goroutine_view.h"

struct view_query {
	const char *where; /* expression; NULL: all */
	bool with_system;  /* system goroutines too */
	uint64_t limit;	   /* at most so many; 0: no limit */
};

struct goroutine_matches {
	const struct goroutine_list *list; /* belongs to the program */
	uint32_t *numbers;		   /* in `list`, ascending */
	size_t count, capacity;
	size_t matching;      /* how many match, also beyond the limit */
	size_t hidden_system; /* system goroutines left out */
};

/* Free with goroutine_matches_deinit(). */
struct error *goroutine_matches_load(
	struct session *session, const struct view_query *query, struct goroutine_matches *ret);
void goroutine_matches_deinit(struct goroutine_matches *matches);

/* The match number `index`, in the order of their ids. */
static inline const struct goroutine *goroutine_match(
	const struct goroutine_matches *matches, size_t index)
{
	return &matches->list->items[matches->numbers[index]];
}

/* The view is the walk's and will be reused. False ends the walk. */
typedef bool goroutine_visitor(void *context, struct goroutine_view *view);

/*
 * Hands each match with `parts` of it (enum view_part) to `visit`, in the order of their numbers
 * (ascending ids, unless the caller chose the numbers).
 * An error comes from reading; what was visited until then has been. `prints`: visiting prints, and
 * where that may be seen on the terminal progress is not shown.
 */
struct error *goroutine_matches_visit(struct session *session,
	const struct goroutine_matches *matches, unsigned parts, bool prints,
	goroutine_visitor *visit, void *context);

#endif
