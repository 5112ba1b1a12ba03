/* Decodes time.Time (time/time.go, the same in all releases). */
#ifndef GCTXDBG_GO_VALUES_VALUE_TIME_H
#define GCTXDBG_GO_VALUES_VALUE_TIME_H

#include "dbg/go/values/value.h"

/* An instant, as time.Time stores it. */
struct go_time {
	int64_t unix_seconds;
	uint32_t nanoseconds;
	bool has_monotonic;
	int64_t monotonic; /* nanoseconds since the process started */
};

/* Decodes the fields `wall` and `ext` of a time.Time. */
struct go_time go_time_decode(uint64_t wall, uint64_t ext);
/* Decodes `value`, of type time.Time. */
struct error *value_time(struct program *program, const struct value *value, struct go_time *ret);
/* The text of Time.String, in the time's own Location if it can be decoded, else in UTC; `*ret` is
 * malloc'ed. */
struct error *time_note(struct program *program, const struct value *value, char **ret);

#endif
