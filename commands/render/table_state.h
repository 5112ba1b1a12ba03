/*
 * Private to tables: what the files table*.c share.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_TABLE_STATE_H
#define GCTXDBG_COMMANDS_RENDER_TABLE_STATE_H

#include "commands/render/table.h"

struct cell {
	size_t offset; /* into the buffer */
	size_t tail;   /* the same, of the part that is never cut; 0: none */
	unsigned columns, tail_columns;
	unsigned address; /* columns of the address that it begins with; 0: none */
	enum style style;
};

struct column {
	unsigned width;	  /* so far */
	unsigned least;	  /* below which hardly anything is left before a tail */
	unsigned tail;	  /* the widest tail, or address at the start */
	bool gives_way;	  /* it is narrowed before the others */
	bool is_optional; /* it is left out if a line does not fit otherwise */
	bool omit_if_empty;
	bool left_out;
};

struct table {
	const char *const *headings;
	size_t column_count;
	struct cell *cells;
	size_t cell_count, cell_capacity;
	char *text;
	size_t text_size, text_capacity;
	struct column *columns;
	struct output *stream; /* NULL: all rows are collected */
	bool began;	       /* the heading has been printed */
	bool failed;	       /* memory ran out; later cells are missing */
};

enum {
	COLUMN_GAP = 2,
	SAMPLE_ROWS = 1000, /* rows that determine the widths of a streaming table */
	STREAM_ROWS = 16,   /* rows that are printed together after that */
};

/* A heading without its alignment mark. */
static inline const char *heading_text(const char *heading)
{
	return heading + (*heading == '>');
}

/* Widens columns to their widest cell. */
void table_measure(struct table *table, bool terminal);

/*
 * Makes a line fit into `width` columns (0: any): narrows the columns that give way, leaves out
 * optional columns, then narrows the others. If that is not enough, lines are longer.
 */
void table_fit(struct table *table, unsigned width);

#endif
