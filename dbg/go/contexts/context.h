/*
 * Contexts: every context.Context that live memory holds, as a forest.
 *
 * They are found through interface values: a word that is an itab of (context.Context or
 * context.canceler, X) followed by the data word, in live heap objects, globals and live parts of
 * stacks. So any type X is found, whatever package it is from. What a context consists of is read
 * by the names of its fields (context/context.go, releases 1.19 and 1.21 to 1.27), or for types of
 * others by the context.Context that they embed or hold.
 */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_H

#include "dbg/go/values/value.h"

enum context_kind {
	CONTEXT_FOREIGN,    /* a type that package context does not know */
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
	CONTEXT_UNKNOWN, /* could not be read, or a type whose Done cannot be known */
};

enum { CONTEXT_NONE = -1 };

/* Numbers of contexts are indices into struct context_forest. */
struct context {
	uint64_t address; /* the pointer in the interface's data word */
	uint64_t size;	  /* bytes there */
	const struct go_type *type;
	enum context_kind kind;
	enum context_state state;
	ptrdiff_t parent; /* the context that it embeds; CONTEXT_NONE: a root */
	uint64_t parent_address;
	ptrdiff_t first_embedded, next_embedded; /* those that embed it, and the next of its own
						    parent's: the forest by `parent` */
	/* Contexts above it, contexts below it, and its place when all are counted depth first. */
	size_t depth, descendants, order;
	/* The context whose channel its Done() returns: itself, or what its values and wrappers
	 * lead to; CONTEXT_NONE: never canceled, or unknown. */
	ptrdiff_t done_source;
	uint64_t done; /* the channel, when it has one of its own that has been made; else 0 */
	bool done_closed;
	bool done_locked; /* somebody is inside an operation on the channel */
	bool locked;	  /* its mutex is held: a cancellation may be under way */
	bool own_channel; /* a foreign type with a Done channel of its own */
	/* The map `children` of cancelCtx: numbers of contexts (`children`), and how many entries
	 * are not contexts that were found. */
	ptrdiff_t *children;
	size_t child_count;
	size_t unknown_children;
	struct value err, cause; /* type NULL: nil */
	struct value key, value; /* of a valueCtx */
	bool has_deadline;
	int64_t deadline_unix_ms; /* wall clock */
	bool has_remaining;
	int64_t remaining_ns; /* until the deadline; from the moment of the stop or the dump */
	uint64_t after_func;  /* entry of the function of an AfterFunc; 0 */
	/* Goroutines blocked on `done`: ids, ascending. */
	uint64_t *waiters;
	size_t waiter_count;
	bool garbage; /* only memory that is not in use any more points to it */
	bool partial; /* some of it could not be read */
};

/* Who points to a context. */
enum holder_kind { HOLDER_GOROUTINE, HOLDER_HEAP, HOLDER_GLOBAL };

struct context_holder {
	enum holder_kind kind;
	ptrdiff_t context;
	uint64_t address; /* where the pointer lies */
	uint64_t goid;	  /* HOLDER_GOROUTINE, and the frame's entry and CFA */
	uint64_t function, frame;
	bool mapped; /* the compiler's maps say that it is a live pointer; false: perhaps */
	uint64_t object, object_size; /* HOLDER_HEAP */
	ptrdiff_t inside;	      /* the context that the pointer is part of; CONTEXT_NONE */
	bool registered;	      /* it is a child's entry in a context's map: a canceler */
};

/* A context's own Done channel. Canceled contexts whose channel was never asked for share one. */
struct context_channel {
	uint64_t channel;
	ptrdiff_t context;
};

struct context_forest {
	struct context *items; /* sorted by address, then type name */
	size_t count;
	struct context_holder *holders; /* sorted by context */
	size_t holder_count;
	bool with_holders;		  /* they were looked for */
	struct context_channel *channels; /* sorted */
	size_t channel_count;
	ptrdiff_t *roots;
	size_t root_count;
	bool partial;  /* memory that could not be read: there may be more */
	char *problem; /* why; NULL */
};

enum { CONTEXTS_GARBAGE = 1, CONTEXTS_HOLDERS = 2 };

/*
 * Loaded once per stop and choice of `flags` (CONTEXTS_HOLDERS costs a look at every stack);
 * belongs to the program. ERROR_NOT_FOUND when the
 * program does not use package context at all. */
struct error *program_contexts(
	struct program *program, unsigned flags, const struct context_forest **ret);

/* The first context at `address`, or CONTEXT_NONE. */
ptrdiff_t context_at(const struct context_forest *forest, uint64_t address);
/* The holders of `context`, and how many. */
const struct context_holder *context_holders(
	const struct context_forest *forest, ptrdiff_t context, size_t *ret_count);
/* The context whose `err` and `cause` its Err and Cause return: itself, or its governor. */
const struct context *context_error_source(const struct context_forest *forest, ptrdiff_t number);
/* Whether `ancestor` is `number` or above it. */
bool context_is_below(const struct context_forest *forest, ptrdiff_t number, ptrdiff_t ancestor);
/* "active", "canceled", "never", "unknown". */
const char *context_state_name(enum context_state state);
/* The first of the contexts whose own Done channel is `channel`, and how many there are. */
const struct context_channel *context_of_channel(
	const struct context_forest *forest, uint64_t channel, size_t *ret_count);

/* Sorts goroutine ids and drops duplicates; returns how many are left. */
size_t goids_sort_unique(uint64_t *goids, size_t count);

#endif
