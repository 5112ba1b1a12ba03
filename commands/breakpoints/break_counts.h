/*
 * Counts the hits of a tracepoint per value instead of printing each: trace newproc --count-by go.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COUNTS_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_COUNTS_H

#include "dbg/break/breakpoint.h"

enum {
	BREAK_COUNTS_MAX_FIELDS = 4,
	BREAK_COUNTS_MAX_VALUES = 100000,
	BREAK_COUNTS_MAX_NEEDED = 3 * BREAK_COUNTS_MAX_FIELDS
};

/* Not a field: the go statement, which is creator, creator_file and creator_line together. */
#define BREAK_COUNTS_GO "go"

/* A value, and the number of hits with it. */
struct break_count {
	const char *value; /* those of several fields are joined with ", " */
	uint64_t hits;
};

struct break_counts;

/*
 * `fields` is "go" or, for example, "creator,fn"; `schema` has the fields of the location.
 * ERROR_USAGE lists the known fields when one is unknown.
 */
struct error *break_counts_create(
	const char *fields, const struct expr_schema *schema, struct break_counts **ret);
void break_counts_destroy(struct break_counts *counts); /* NULL is fine */

/* Fills `ret` (room for BREAK_COUNTS_MAX_NEEDED) with the names of the values that events need for
 * counting; returns how many. The names belong to `counts`. */
size_t break_counts_needs(const struct break_counts *counts, const char **ret);

/* Formats a go statement as it is counted: "main.serve  /src/main.go:41". */
void break_counts_describe_go(const struct code_location *location, char *ret, size_t size);

/* The fields as passed to break_counts_create(). */
const char *break_counts_fields(const struct break_counts *counts);

/* Counts a hit. After BREAK_COUNTS_MAX_VALUES different values, new ones count as "(others)". False
 * when out of memory. */
bool break_counts_add(struct break_counts *counts, const struct break_event *event);

/* Returns all values, unsorted; valid until the next hit. */
const struct break_count *break_counts_all(const struct break_counts *counts, size_t *ret_count);

#endif
