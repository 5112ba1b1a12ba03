/*
 * Joins the counts of several tracepoints in one table. For births and deaths of goroutines it also
 * computes how many are left.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_TALLY_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_TALLY_H

#include "commands/breakpoints/break_session.h"
#include "dwarf/base/hash.h"

enum { TALLY_COLUMNS = 8 };

/* A counting tracepoint. */
struct tally_column {
	struct breakpoint breakpoint;
	const struct break_counts *counts;
};

struct tally_row {
	const char *value;
	uint64_t hits[TALLY_COLUMNS];
	int64_t left;	/* births minus deaths */
	uint64_t alive; /* existing goroutines that were created there */
	bool lost;	/* not in the table: out of memory */
	UT_hash_handle hh;
};

struct tally {
	struct tally_column columns[TALLY_COLUMNS];
	size_t column_count;
	struct tally_row *table; /* by value */
	struct tally_row **rows;
	size_t row_count, row_capacity;
	bool has_left;	/* the first two columns are births and deaths */
	bool has_alive; /* `alive` is known: go statements or their functions are counted */
};

/*
 * Builds the table. ERROR_NOT_FOUND when nothing is counted. Free with tally_deinit(), also after
 * an error. Valid until the target is resumed.
 */
struct error *tally_make(struct session *session, struct tally *tally);
void tally_deinit(struct tally *tally);

/* True if go statements are counted (--count-by go). */
bool tally_is_of_go(const struct tally *tally);

#endif
