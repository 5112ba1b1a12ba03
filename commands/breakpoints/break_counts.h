/*
 * Counting the hits of a tracepoint per value instead of telling each: trace newproc --count-by go.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COUNTS_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COUNTS_H

#include "dbg/break/breakpoint.h"

enum {
	BREAK_COUNTS_MAX_FIELDS = 4,
	BREAK_COUNTS_MAX_VALUES = 100000,
	BREAK_COUNTS_MAX_NEEDED = 3 * BREAK_COUNTS_MAX_FIELDS
};

/* What is no field: the go statement, that is creator, creator_file and creator_line. */
#define BREAK_COUNTS_GO "go"

/* One value, and how often it was there. */
struct break_count {
	const char *value; /* of several fields: joined by ", " */
	uint64_t hits;
};

struct break_counts;

/*
 * `fields` is "go" or "creator,fn"; `schema` is what there is at the place. ERROR_USAGE names
 * what there is for a name that is not there.
 */
struct error *break_counts_create(
	const char *fields, const struct expr_schema *schema, struct break_counts **ret);
void break_counts_destroy(struct break_counts *counts); /* NULL is fine */

/* The values that events must carry for it. Belong to `counts`; `*ret` has room for
 * BREAK_COUNTS_MAX_NEEDED. */
size_t break_counts_needs(const struct break_counts *counts, const char **ret);

/* A go statement as it is counted: "main.serve  /src/main.go:41". */
void break_counts_describe_go(const struct code_location *location, char *ret, size_t size);

/* The fields as they were given. */
const char *break_counts_fields(const struct break_counts *counts);

/* Counts one hit. After BREAK_COUNTS_MAX_VALUES different ones, new ones count as "(others)".
 * False without memory. */
bool break_counts_add(struct break_counts *counts, const struct break_event *event);

/* All of them, in no order; belongs to `counts` until the next hit. */
const struct break_count *break_counts_all(const struct break_counts *counts, size_t *ret_count);
/* How often `value` was there. */
uint64_t break_counts_of(const struct break_counts *counts, const char *value);

#endif
