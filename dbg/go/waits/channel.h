/*
 * Channels: the buffered values and the waiting goroutines.
 *
 * Source: runtime/chan.go (hchan, waitq), runtime/runtime2.go (sudog), releases 1.19
 * to 1.27.
 */
#ifndef GCTXDBG_GO_WAITS_CHANNEL_H
#define GCTXDBG_GO_WAITS_CHANNEL_H

#include "dbg/go/goroutines/goroutine.h"
#include "dbg/go/values/value.h"

/* A goroutine in a channel's queue. */
struct channel_waiter {
	const struct goroutine *goroutine; /* NULL: no goroutine in the list has this g */
	uint64_t g;
	bool is_select;
	uint64_t element; /* address of the value to send, or to receive to; 0: none */
};

struct channel {
	uint64_t address;
	const struct go_type *element;
	uint64_t count, capacity;
	bool closed;
	struct value *buffered; /* oldest first; `buffered_count` of them */
	size_t buffered_count;
	struct channel_waiter *receivers, *senders; /* the first to be served first */
	size_t receiver_count, sender_count;
	bool partial; /* a queue was damaged or too long: there may be more */
};

/* Reads the channel at `address` and at most `limit` of its values. ERROR_BAD_DATA if there is no
 * channel. Free with channel_deinit(). */
struct error *channel_read(
	struct program *program, uint64_t address, size_t limit, struct channel *ret);
void channel_deinit(struct channel *channel);

#endif
