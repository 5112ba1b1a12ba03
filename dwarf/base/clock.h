/*
 * Clocks, in nanoseconds.
 */
#ifndef GCTXDBG_DWARF_BASE_CLOCK_H
#define GCTXDBG_DWARF_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The current time of `clock` (CLOCK_REALTIME, …). */
static inline int64_t clock_now(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* CLOCK_MONOTONIC. */
static inline int64_t monotonic_now(void)
{
	return clock_now(CLOCK_MONOTONIC);
}

#endif
