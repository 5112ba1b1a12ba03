/*
 * Tables: cells are collected, then printed in aligned columns.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_TABLE_H
#define GCTXDBG_COMMANDS_RENDER_TABLE_H

#include "commands/render/output.h"

struct table;

/* `headings` is NULL-terminated and must outlive the table. A heading that starts with '>' is
 * right-aligned (and printed without the '>'). The last column is never padded. NULL without
 * memory; only table_cell(), table_cell_text(), table_cell_tail(), table_print() and table_destroy()
 * accept a NULL table. */
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

/* Adds a cell that ends with a blank and `tail`, such as an address or "file.go:12", which is never
 * cut: only `head` is. Both may be empty. */
void table_cell_tail(struct table *table, enum style style, const char *head, const char *tail);

/* Adds a cell with this text. */
static inline void table_cell_text(struct table *table, enum style style, const char *text)
{
	table_cell_tail(table, style, text, "");
}

/* On a terminal that is too narrow: narrows this column before the others. */
void table_narrow_first(struct table *table, size_t column);
/* Leaves this column out if a line does not fit after columns were narrowed first. */
void table_make_optional(struct table *table, size_t column);

/* Leaves this column out if no cell in it has a text other than "-". Not for streamed tables. */
void table_omit_if_empty(struct table *table, size_t column);

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
 * narrowed until a line fits, and the text of cells that no longer fit ends with "…"; an address at
 * the start of a cell is not cut. */
void table_print(struct table *table, struct output *output);

#endif
