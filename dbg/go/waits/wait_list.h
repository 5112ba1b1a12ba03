/*
 * The list that goroutine_waits() builds. Private to this folder.
 */
#ifndef GCTXDBG_GO_WAITS_WAIT_LIST_H
#define GCTXDBG_GO_WAITS_WAIT_LIST_H

#include "dbg/go/waits/wait.h"

struct waits {
	struct program *program;
	const struct goroutine *goroutine;
	struct wait *items;
	size_t count, capacity;
	bool partial; /* something that must exist was not found */
};

struct error *add_wait(struct waits *waits, struct wait wait);

/* Adds the channels that it waits on, in the order that wait.h describes (wait_channels.c).
 * `reason` is its wait reason. */
struct error *channel_waits(struct waits *waits, const char *reason);

#endif
