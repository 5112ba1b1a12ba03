/*
 * Verdicts: places where a cancellation does not arrive, each with its evidence.
 *
 * A verdict is given only when the state of the program proves it. Anything that may be in progress
 * at the stop gets none: a cancellation whose mutex is held, a goroutine that was woken but has not
 * run yet, a wait shorter than the grace period.
 *
 * Sources: context/context.go (propagateCancel, cancel), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_CHECK_H

#include "dbg/go/contexts/context.h"
#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/waits/wait.h"
#include "dbg/go/stacks/stack.h"

enum verdict_kind {
	VERDICT_NOT_PROPAGATED,
	VERDICT_CANCEL_IGNORED,
	VERDICT_DEADLINE_PASSED,
	VERDICT_WAITS_FOREVER,
	VERDICT_PILE_UP,
	VERDICT_LOST_WAKEUP,
	/* Mild ones: they may be intended, or end by themselves. */
	VERDICT_CANCEL_PENDING, /* like cancel-ignored, but the wait ends by itself */
	VERDICT_ENDS_LATER,	/* like not-propagated, but something can still close the channel */
};

/* Whether a verdict of this kind is no problem by itself. */
static inline bool verdict_is_mild(enum verdict_kind kind)
{
	return kind >= VERDICT_CANCEL_PENDING;
}

/* Why a context that should have been canceled was not. */
enum broken_link {
	LINK_UNKNOWN,
	LINK_HIDDEN,	     /* `other` has a type with a Done channel of its own */
	LINK_NOT_REGISTERED, /* it is not in its ancestor's map of children */
	LINK_NO_RELAY,	     /* no goroutine relays the cancellation of the foreign context */
	LINK_RELAY_STUCK,    /* the goroutine that should relay it, `relay`, is blocked */
};

/* What can still close a context's channel. */
enum closer_kind { CLOSER_NONE, CLOSER_TIMER, CLOSER_GOROUTINE, CLOSER_OBJECT };

struct closer {
	enum closer_kind kind;
	uint64_t goid;	 /* CLOSER_GOROUTINE */
	uint64_t object; /* CLOSER_OBJECT, CLOSER_TIMER: a heap object that refers to the channel */
	int64_t until_ns; /* CLOSER_TIMER: when it fires, on the target's monotonic clock */
};

struct verdict {
	enum verdict_kind kind;
	ptrdiff_t context; /* the context concerned */
	ptrdiff_t other;   /* not-propagated: the nearest canceled ancestor; CONTEXT_NONE */
	enum broken_link link;
	uint64_t relay;	 /* id of the stuck goroutine; 0 */
	uint64_t *goids; /* the goroutines concerned, ascending */
	size_t goid_count, goid_capacity;
	/* cancel-ignored, cancel-pending, waits-forever: where the goroutine holds the context */
	struct frame frame;
	struct wait wait; /* cancel-pending: the wait that ends by itself */
	/* ends-later: what can close the channel */
	struct closer closer;
	int64_t seconds_ns; /* how long it is blocked at least, or past the deadline; 0: unknown */
	/* pile-up: how many unused children of one type; where a goroutine below was created. */
	size_t count;
	struct code_location created;
	bool has_created;
};

/*
 * A goroutine that ignores a cancellation if it has been blocked for the grace period, which one
 * observation cannot prove. Finding the same suspect again after the grace period proves it.
 */
struct suspect {
	uint64_t goid, context, frame; /* addresses of the context and of the frame that holds it */
};

struct verdicts {
	struct verdict *items; /* by kind, most severe first, then by address */
	size_t count, capacity;
	struct suspect *suspects; /* by goroutine, context, frame */
	size_t suspect_count, suspect_capacity;
	size_t mild_count; /* of the items */
	/* Deadlines in the past that say nothing: the process was crashing, and the runtime had
	 * stopped scheduling while it printed. */
	size_t undecided_deadlines;
};

struct check_options {
	int64_t grace_ns; /* shorter waits and overruns are not findings */
	/*
	 * A second observation follows if there are suspects. A deadline that is past now may be so
	 * only because the process was not scheduled.
	 */
	bool first;
	/* Suspects of an observation at least the grace period ago, sorted; may be NULL. */
	const struct suspect *before;
	size_t before_count;
	size_t pile; /* this many unused children are a pile-up; 0: the default */
};

/* Runs all checks; `forest` has holders. Free `ret` with verdicts_deinit(). */
struct error *contexts_check(struct program *program, const struct context_forest *forest,
	const struct check_options *options, struct verdicts *ret);
void verdicts_deinit(struct verdicts *verdicts);

/* "not-propagated", "cancel-ignored", … */
const char *verdict_name(enum verdict_kind kind);

#endif
