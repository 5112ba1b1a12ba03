/*
 * Tables: cells are collected, then printed in aligned columns.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_TABLE_H
#define GCTXDBG_COMMANDS_RENDER_TABLE_H

#include "commands/render/output.h"

struct table;

/* `headings` is NULL-terminated and must outlive the table. A heading that starts with '>' is
 * right-aligned (and printed without the '>'). The last column is never padded. NULL without
 * memory; all functions except table_stream() and table_widen() accept a NULL table. */
struct table *table_create(const char *const *headings);
void table_destroy(struct table *table);
static inline void table_cleanup(struct table **table)
{
	table_destroy(*table);
}

/* Adds the next cell of the current row, printf-style, and escapes it like output_text(). A new row
 * begins when the previous one is full. */
void table_cell(struct table *table, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Streams the table to `output` instead of collecting it first. The first thousand rows determine
 * the column widths and are printed together; later rows are printed as they come. A later cell
 * that is wider than its column is printed whole unless the output is a terminal. Call it before
 * the first cell.
 */
void table_stream(struct table *table, struct output *output);

/* Makes column number `column` at least `columns` wide. */
void table_widen(struct table *table, size_t column, unsigned columns);

/* Prints the table, or the rest of a streaming one. On a terminal, the widest text columns are
 * narrowed until a line fits, and cells that no longer fit end with "…". */
void table_print(struct table *table, struct output *output);

#endif
