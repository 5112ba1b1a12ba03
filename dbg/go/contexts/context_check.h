/*
 * Verdicts: places where a cancellation does not arrive, each with its evidence.
 *
 * A verdict is given only when the state of the program proves it. What may be under way at this
 * moment (a cancellation whose mutex is held, a goroutine that was woken and has not run yet, a
 * wait that is shorter than the grace) is none.
 *
 * Sources: context/context.go (propagateCancel, cancel), releases 1.19 and 1.21 to 1.27.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_H

#include "dbg/go/contexts/context.h"
#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/stacks/stack.h"

enum verdict_kind {
	VERDICT_NOT_PROPAGATED,
	VERDICT_CANCEL_IGNORED,
	VERDICT_DEADLINE_PASSED,
	VERDICT_WAITS_FOREVER,
	VERDICT_PILE_UP,
	VERDICT_LOST_WAKEUP,
};

/* Why a context that should have been canceled was not. */
enum broken_link {
	LINK_UNKNOWN,
	LINK_HIDDEN,	     /* `other` is of a type that has a Done of its own */
	LINK_NOT_REGISTERED, /* it is not among its ancestor's children */
	LINK_NO_RELAY,	     /* no goroutine passes the foreign context's end on */
	LINK_RELAY_STUCK,    /* the goroutine that should is `relay`, blocked */
};

struct verdict {
	enum verdict_kind kind;
	ptrdiff_t context; /* what it is about */
	ptrdiff_t other;   /* not-propagated: the nearest canceled ancestor; CONTEXT_NONE */
	enum broken_link link;
	uint64_t relay;	 /* id of the stuck goroutine; 0 */
	uint64_t *goids; /* goroutines concerned, ascending */
	size_t goid_count, goid_capacity;
	struct frame frame; /* cancel-ignored, waits-forever: where the goroutine is blocked */
	int64_t seconds_ns; /* how long: blocked, past the deadline; 0 unknown */
	size_t count;	    /* pile-up: alike children that nothing uses; */
	struct code_location created; /* and where a goroutine below them was created, if any */
	bool has_created;
};

/*
 * A goroutine that would be blamed for ignoring a cancellation if it were known that it has been
 * blocked for the grace. Who finds the same one again after the grace knows.
 */
struct suspect {
	uint64_t goid, context, frame; /* addresses of the context and of the frame that holds it */
};

struct verdicts {
	struct verdict *items; /* the gravest kind first, then by address */
	size_t count, capacity;
	struct suspect *suspects; /* by goroutine, context, frame */
	size_t suspect_count, suspect_capacity;
};

struct check_options {
	int64_t grace_ns; /* what is younger is no finding */
	bool first; /* there will be a second look if there are suspects: a deadline that is past
		       now may be so because the process could not run */
	const struct suspect *before; /* of a look that is at least the grace ago; may be NULL */
	size_t before_count;
	size_t pile; /* so many children that nothing uses are a pile; 0: the default */
};

/* Free with verdicts_deinit(). */
struct error *contexts_check(struct program *program, const struct context_forest *forest,
	const struct check_options *options, struct verdicts *ret);
void verdicts_deinit(struct verdicts *verdicts);

/* "not-propagated", "cancel-ignored", … */
const char *verdict_name(enum verdict_kind kind);

#endif
