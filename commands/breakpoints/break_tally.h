/*
 * What several counting tracepoints have counted, as one table; of births and deaths of goroutines
 * also how many are left.
 */
#ifndef GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_TALLY_H
#define GCTXDBG_COMMANDS_BREAKPOINTS_BREAK_TALLY_H

#include "commands/breakpoints/break_session.h"
#include "dwarf/base/hash.h"

enum { TALLY_COLUMNS = 8 };

/* One counting tracepoint. */
struct tally_column {
	struct breakpoint breakpoint;
	const struct break_counts *counts;
};

struct tally_row {
	const char *value;
	uint64_t hits[TALLY_COLUMNS];
	int64_t left;	/* births minus deaths */
	uint64_t alive; /* goroutines that are there now and were made there */
	bool lost;	/* not in the table: no memory */
	UT_hash_handle hh;
};

struct tally {
	struct tally_column columns[TALLY_COLUMNS];
	size_t column_count;
	struct tally_row *table; /* by value */
	struct tally_row **rows;
	size_t row_count, row_capacity;
	bool has_left;	/* the first two columns are births and deaths */
	bool has_alive; /* they count go statements or their functions */
};

/* ERROR_NOT_FOUND when nothing is counted. Free with tally_deinit(), after an error too. Valid
 * until the process runs. */
struct error *tally_make(struct session *session, struct tally *tally);
void tally_deinit(struct tally *tally);

/* True when what is counted is go statements (--count-by go). */
bool tally_is_of_go(const struct tally *tally);

#endif
