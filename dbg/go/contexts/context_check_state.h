/* What the checks share. Private to context_check*.c. */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_STATE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_STATE_H

#include "dbg/go/contexts/context_check.h"

struct check {
	struct program *program;
	const struct context_forest *forest; /* with holders */
	const struct check_options *options;
	const struct goroutine_list *goroutines;
	/* Goroutines that package context started to pass a foreign context's end on: sorted ids.
	 */
	uint64_t *relays;
	size_t relay_count, relay_capacity;
	struct verdicts *verdicts;
};

/* Appends a verdict that is then filled in; NULL without memory. */
struct verdict *check_add(struct check *check, enum verdict_kind kind, ptrdiff_t context);
/* Adds a goroutine's id; in the end they are sorted, each once. */
struct error *verdict_add_goroutine(struct verdict *verdict, uint64_t goid);
bool check_is_relay(const struct check *check, uint64_t goid);
/* Whether the goroutine may run on by itself in a moment: running, or woken already. */
bool check_may_run(const struct check *check, uint64_t goid);

/* Whether a holder is inside package context with the context: making or canceling it. A relay is
 * not. */
bool check_is_in_package_context(const struct check *check, const struct context_holder *holder);
/*
 * Whether the goroutine, which is blocked now, has been so for the grace, with `context` in the
 * frame at `frame`. If that is not known it becomes a suspect. (context_check_time.c)
 */
struct error *check_prove(struct check *check, const struct goroutine *goroutine, ptrdiff_t context,
	uint64_t frame, bool *ret);

/* The same for a context without a goroutine: a suspect at the first of two looks. */
struct error *check_seen_before(struct check *check, ptrdiff_t context, bool *ret);

/* As check_prove() of a later look needs them. */
void check_sort_suspects(struct verdicts *verdicts);

struct error *check_propagation(struct check *check); /* context_check_links.c */
struct error *check_goroutines(struct check *check);  /* context_check_goroutines.c */
struct error *check_piles(struct check *check);	      /* context_check_piles.c */

#endif
