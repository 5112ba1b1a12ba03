/* What context_find.c and context_find_stacks.c share. Private to them. */
#ifndef GCTXDBG_GO_CONTEXTS_CONTEXT_FIND_STATE_H
#define GCTXDBG_GO_CONTEXTS_CONTEXT_FIND_STATE_H

#include "dbg/go/contexts/context_find.h"

enum { SCAN_BUFFER = 1 << 21 };

struct scan {
	struct program *program;
	const struct context_types *types;
	struct iface_refs *refs;
	const struct context_index *known; /* contexts to leave out; NULL: none */
	struct context_key last_known;	   /* of the last one that was left out */
	uint64_t low, span;		   /* all itabs of contexts are in [low, low + span] */
	uint8_t *buffer;		   /* of SCAN_BUFFER bytes and one more word */
	uint64_t stack_bytes;		   /* read from stacks so far */
};

/*
 * Scans `count` words that were read from `address`. With `has_next` one more word follows, for a
 * pair that crosses the end. `accept`, if not NULL, filters each hit and may change the reference.
 */
struct error *scan_words(struct scan *scan, uint64_t address, const uint64_t *words, size_t count,
	bool has_next, bool (*accept)(struct scan *scan, uint64_t location, struct iface_ref *ref),
	struct iface_ref ref);
/* Reads and scans [start, end) piece by piece. */
struct error *scan_range(struct scan *scan, uint64_t start, uint64_t end,
	bool (*accept)(struct scan *scan, uint64_t location, struct iface_ref *ref),
	struct iface_ref ref);
/* Scans the used part of each stack. */
struct error *scan_stacks(struct scan *scan);

#endif
