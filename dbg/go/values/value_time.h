/* time.Time. Private to dbg/go/value*.c. */
#ifndef GCTXDBG_GO_VALUES_VALUE_TIME_H
#define GCTXDBG_GO_VALUES_VALUE_TIME_H

#include "dbg/go/values/value.h"

/* A moment as time.Time keeps it (time/time.go, the same in all releases). */
struct go_time {
	int64_t unix_seconds;
	uint32_t nanoseconds;
	bool has_monotonic;
	int64_t monotonic; /* nanoseconds since the process started */
};

/* Decodes the fields `wall` and `ext` of a time.Time. */
struct go_time go_time_decode(uint64_t wall, uint64_t ext);
/* `value` has type time.Time. */
struct error *value_time(struct program *program, const struct value *value, struct go_time *ret);
/* As Time.String writes it, in its own Location where that can be read, else in UTC; malloc'ed. */
struct error *time_note(struct program *program, const struct value *value, char **ret);

#endif
