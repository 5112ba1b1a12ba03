/* State shared by the checks. Private to context_check*.c. */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_STATE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_STATE_H

#include "dbg/go/contexts/context_check.h"

struct check {
	struct program *program;
	const struct context_forest *forest; /* with holders */
	const struct check_options *options;
	const struct goroutine_list *goroutines;
	/* Ids, sorted, of the goroutines that package context started to relay a foreign context's
	 * cancellation to a child. */
	uint64_t *relays;
	size_t relay_count, relay_capacity;
	struct verdicts *verdicts;
};

/* Appends a verdict for the caller to fill in; NULL if out of memory. */
struct verdict *check_add(struct check *check, enum verdict_kind kind, ptrdiff_t context);
/* Adds a goroutine's id. contexts_check() sorts the ids and removes duplicates at the end. */
struct error *verdict_add_goroutine(struct verdict *verdict, uint64_t goid);
bool check_is_relay(const struct check *check, uint64_t goid);
/* Whether the goroutine is running or runnable, so that it may be about to change the state. */
bool check_may_run(const struct check *check, uint64_t goid);

/* Whether the holder is a frame of package context, which is creating or canceling the context.
 * Relays do not count. */
bool check_is_in_package_context(const struct check *check, const struct context_holder *holder);
/*
 * Sets `*ret` if the goroutine, which is blocked now, has provably been blocked for the grace
 * period with `context` in the frame at `frame`; records a suspect otherwise.
 * (context_check_time.c)
 */
struct error *check_prove(struct check *check, const struct goroutine *goroutine, ptrdiff_t context,
	uint64_t frame, bool *ret);

/* The same for a context without a goroutine: a suspect in the first of two observations. */
struct error *check_seen_before(struct check *check, ptrdiff_t context, bool *ret);

/*
 * For each verdict from number `first` on that concerns a foreign context (LINK_HIDDEN): finds what
 * can still close its channel, that is a timer, a goroutine or an object that refers to the channel
 * or to the context other than by an interface value. If there is something, the verdict becomes
 * VERDICT_ENDS_LATER. (context_check_closers.c)
 */
struct error *check_find_closers(const struct check *check, size_t first);

/* Sorts the suspects as the next observation's check_options.before. */
void check_sort_suspects(struct verdicts *verdicts);

struct error *check_propagation(struct check *check); /* context_check_links.c */
struct error *check_goroutines(struct check *check);  /* context_check_goroutines.c */
struct error *check_piles(struct check *check);	      /* context_check_piles.c */

#endif
