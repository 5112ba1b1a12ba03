/*
 * Contexts: every context.Context in the program's live memory, as a forest.
 *
 * This folder finds contexts, decodes them, links them to parents, children, waiters and holders,
 * and derives verdicts: places where a cancellation does not arrive (context_check.h). It uses
 * goroutines, values, types, the heap, stacks and pointer searches (dbg/go/reach), and prints
 * nothing. Entry points: program_contexts() and contexts_check().
 *
 * A context is found through an interface value: a word that is an itab of (context.Context or
 * context.canceler, X), followed by the data word, in live heap objects, globals and the live parts
 * of stacks. This finds every type X, whatever package it comes from. The types of package context
 * are decoded by the names of their fields (context/context.go, releases 1.19 to 1.27);
 * other types by the context.Context that they embed or hold.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_H

#include "dbg/go/values/value.h"

struct context_places;

enum context_kind {
	CONTEXT_FOREIGN,    /* not a type of package context */
	CONTEXT_BACKGROUND, /* Background and TODO */
	CONTEXT_CANCEL,
	CONTEXT_TIMER,
	CONTEXT_VALUE,
	CONTEXT_WITHOUT_CANCEL,
	CONTEXT_AFTER_FUNC,
};

enum context_state {
	CONTEXT_ACTIVE,
	CONTEXT_CANCELED,
	CONTEXT_NEVER,	 /* nothing can cancel it */
	CONTEXT_UNKNOWN, /* unreadable, or a type whose Done method could not be decoded */
};

enum { CONTEXT_NONE = -1 };

/* The number of a context is its index in struct context_forest; CONTEXT_NONE means none. */
struct context {
	uint64_t address; /* the pointer in the interface's data word */
	uint64_t size;	  /* bytes at `address` */
	const struct go_type *type;
	enum context_kind kind;
	enum context_state state;
	ptrdiff_t parent; /* the context that it embeds; CONTEXT_NONE for a root */
	uint64_t parent_address;
	/* The forest by `parent`: the first context that embeds this one, and its next sibling. */
	ptrdiff_t first_embedded, next_embedded;
	/* Number of ancestors and of descendants, and its index in a depth-first walk. */
	size_t depth, descendants, order;
	/*
	 * The context whose channel its Done method returns: itself, or the one reached through
	 * value contexts and wrappers. CONTEXT_NONE: never canceled, or unknown.
	 */
	ptrdiff_t done_source;
	uint64_t done; /* its own channel, if it has been created; else 0 */
	bool done_closed;
	bool done_locked; /* the channel is locked: an operation on it is in progress */
	bool locked;	  /* its mutex is held: a cancellation may be in progress */
	bool own_channel; /* a foreign type with a Done channel of its own */
	/* cancelCtx.children: contexts by number, and the count of entries that were not found. */
	ptrdiff_t *children;
	size_t child_count;
	size_t unknown_children;
	struct value err, cause; /* type NULL: nil */
	struct value key, value; /* of a valueCtx */
	bool has_deadline;
	int64_t deadline_unix_ms; /* wall clock */
	bool has_remaining;
	int64_t remaining_ns; /* from the stop, or the dump, to the deadline */
	uint64_t after_func;  /* entry pc of an AfterFunc's function; else 0 */
	uint64_t *waiters;    /* ids of the goroutines blocked on `done`, ascending */
	size_t waiter_count;
	bool garbage; /* referenced only from memory that is no longer in use */
	bool partial; /* part of it could not be read */
};

/* What holds a pointer to a context. Small: each goroutine has one or more. */
enum holder_kind { HOLDER_GOROUTINE, HOLDER_HEAP, HOLDER_GLOBAL };

struct context_holder {
	int32_t context;  /* there are at most 2^26 */
	uint8_t kind;	  /* enum holder_kind */
	bool mapped;	  /* a live pointer by the compiler's stack map; false: it may be stale */
	bool registered;  /* a canceler: a child's entry in its parent's map */
	uint64_t address; /* of the pointer */
	union {
		struct { /* HOLDER_GOROUTINE, with the entry pc and the CFA of the frame */
			uint64_t goid, function, frame;
		};
		struct { /* HOLDER_HEAP; `inside` is also for HOLDER_GLOBAL */
			uint64_t object, object_size;
			ptrdiff_t inside; /* the context that contains the pointer */
		};
	};
};

/* A context's own Done channel. Contexts canceled before Done was called share one channel. */
struct context_channel {
	uint64_t channel;
	ptrdiff_t context;
};

struct context_forest {
	struct context *items;	       /* sorted by address, then type name */
	struct context_places *places; /* theirs, for searches: see context_state.h */
	size_t count;
	struct context_holder *holders; /* sorted by context */
	size_t holder_count;
	bool with_holders;		  /* loaded with CONTEXTS_HOLDERS */
	struct context_channel *channels; /* sorted by channel, then context */
	size_t channel_count;
	ptrdiff_t *roots;
	size_t root_count;
	bool partial;  /* some memory could not be read: contexts may be missing */
	char *problem; /* the reason; NULL if not partial */
};

/* Frees what program_contexts() loaded; NULL is allowed. */
void context_forest_destroy(struct context_forest *forest);

enum { CONTEXTS_GARBAGE = 1, CONTEXTS_HOLDERS = 2 };

/*
 * The contexts of the program. They are loaded once per stop and combination of `flags`
 * (CONTEXTS_HOLDERS unwinds every stack); the forest belongs to the program. ERROR_NOT_FOUND if the
 * program does not use package context.
 */
struct error *program_contexts(
	struct program *program, unsigned flags, const struct context_forest **ret);

/* The first context at `address`, or CONTEXT_NONE. */
ptrdiff_t context_at(const struct context_forest *forest, uint64_t address);
/* The holders of `context`, an array of `*ret_count` that belongs to the forest. */
const struct context_holder *context_holders(
	const struct context_forest *forest, ptrdiff_t context, size_t *ret_count);
/* The context whose `err` and `cause` its Err and Cause return: its done_source, or itself. */
const struct context *context_error_source(const struct context_forest *forest, ptrdiff_t number);
/* Whether `ancestor` is `number` itself or one of its ancestors. */
bool context_is_below(const struct context_forest *forest, ptrdiff_t number, ptrdiff_t ancestor);
/* "active", "canceled", "never", "unknown". */
const char *context_state_name(enum context_state state);
/* The contexts whose own Done channel is `channel`, an array of `*ret_count`. */
const struct context_channel *context_of_channel(
	const struct context_forest *forest, uint64_t channel, size_t *ret_count);
/* Sorts goroutine ids and removes duplicates; returns the number of ids that remain. */
size_t goids_sort_unique(uint64_t *goids, size_t count);

#endif
