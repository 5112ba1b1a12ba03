/*
 * The runtime's timers: when they fire, and what they then do; and the clocks of the bubbles of
 * testing/synctest, which stand still until all goroutines of the bubble are blocked.
 *
 * Sources: runtime/time.go (timer, timers; timer statuses up to 1.22, timer.state and timerWhen
 * since 1.23), runtime/chan.go (hchan.timer since 1.23), runtime/synctest.go (synctestBubble;
 * synctestGroup, without an ID, in 1.24), releases 1.19 to 1.27.
 */
#ifndef GCTXDBG_GO_GOROUTINES_TIMERS_H
#define GCTXDBG_GO_GOROUTINES_TIMERS_H

#include "dbg/go/goroutines/goroutine.h"

struct timers;

struct go_timer {
	uint64_t address;
	int64_t when_ns;   /* on the target's monotonic clock (of one in a synctest bubble, see
			      bubble_time()); 0: stopped, or has fired */
	int64_t period_ns; /* 0: fires once */
	uint64_t function; /* closure; its argument is an interface value: */
	uint64_t argument; /* its data word, for example a channel, or a closure to call */
};

/*
 * The timers in the heaps of the Ps and of synctest bubbles, sorted by argument. They include all
 * that are running, except those of channels that no goroutine receives from (since 1.23). The array
 * belongs to the program. `*ret_partial`: some could not be read.
 */
struct error *program_timers(
	struct program *program, const struct go_timer **ret, size_t *ret_count, bool *ret_partial);

/* The timer that sends to the channel; `*ret_found`: there is one. A stopped one is only known
 * since 1.23. */
struct error *channel_timer(
	struct program *program, uint64_t channel, bool *ret_found, struct go_timer *ret);

/* NULL is allowed. */
void timers_destroy(struct timers *timers);

/* ---- Bubbles of testing/synctest ---- */

/* The time in the bubble whose struct is at `bubble`, in ns since 1970; false if unreadable. */
bool bubble_now(struct program *program, uint64_t bubble, int64_t *ret);

/*
 * Converts a time in a bubble to the target's monotonic clock, as if the bubble's clock ran like it
 * from now on. 0: unknown. `bubble` 0 is no bubble: returns `when_ns`.
 */
int64_t bubble_time(struct program *program, uint64_t bubble, int64_t when_ns);

/* The bubble that the runtime.timer at `timer` belongs to; 0 if it is none, or unknown.
 * `*ret_fake`: it belongs to one. */
uint64_t bubble_of_timer(struct program *program, uint64_t timer, bool *ret_fake);

#endif
