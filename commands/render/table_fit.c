/* The widths of a table's columns: see table_state.h. */
#include <string.h>

#include "commands/render/table_state.h"

enum { HEAD_LEAST = 8 }; /* columns left of the text before a tail */

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

void table_measure(struct table *table, bool terminal)
{
	for (size_t i = 0; i < table->column_count && !table->began; i++)
		table_widen(table, i, (unsigned)strlen(heading_text(table->headings[i])));
	for (size_t i = 0; i < table->cell_count; i++) {
		const struct cell *cell = &table->cells[i];
		size_t number = i % table->column_count;
		struct column *column = &table->columns[number];
		unsigned tail = cell->address ? cell->address + 1 : cell->tail_columns;
		column->tail = larger(column->tail, smaller(tail, cell->columns));
		if (cell->tail)
			tail += HEAD_LEAST + 1;
		column->least = larger(column->least, smaller(tail, cell->columns));
		/* After the heading has been printed on a terminal, only numbers may widen
		 * columns. */
		if (!table->began || !terminal || *table->headings[number] == '>')
			table_widen(table, number, cell->columns);
	}
}

enum pass { PASS_FIRST, PASS_OTHERS, PASS_TAILS };

/* How far a column can be narrowed: numbers (right-aligned columns), tails and short columns are
 * never cut. */
static unsigned least_width(const struct table *table, size_t number, enum pass pass)
{
	enum { NARROWEST = 12 };
	const struct column *column = &table->columns[number];
	if (*table->headings[number] == '>' || column->width < NARROWEST)
		return column->width;
	unsigned least = pass == PASS_TAILS ? column->tail : column->least;
	return smaller(larger(least, NARROWEST), column->width);
}

/* Narrows the widest of the columns (in the first pass, only of those that give way) again and
 * again until a line of `*total` columns fits into `width`, or none can be narrowed. */
static void narrow(struct table *table, size_t *total, size_t width, enum pass pass)
{
	while (*total > width) {
		struct column *widest = NULL;
		for (size_t i = 0; i < table->column_count; i++) {
			struct column *column = &table->columns[i];
			if (!column->left_out && (pass != PASS_FIRST || column->gives_way) &&
				column->width > least_width(table, i, pass) &&
				(!widest || column->width >= widest->width))
				widest = column;
		}
		if (!widest)
			return;
		widest->width--;
		--*total;
	}
}

static bool is_empty(const struct table *table, size_t column)
{
	for (size_t i = column; i < table->cell_count; i += table->column_count) {
		const char *text = table->text + table->cells[i].offset;
		if (*text && strcmp(text, "-") != 0)
			return false;
	}
	return true;
}

void table_fit(struct table *table, unsigned width)
{
	size_t count = table->column_count, total = (count - 1) * COLUMN_GAP, room = width;
	for (size_t i = 0; i < count; i++) {
		struct column *column = &table->columns[i];
		column->left_out = column->omit_if_empty && is_empty(table, i);
		if (column->left_out) {
			total -= COLUMN_GAP;
			continue;
		}
		total += column->width;
		if (column->gives_way)
			room += column->width - least_width(table, i, PASS_FIRST);
	}
	if (!width)
		return;
	for (size_t i = count; i-- > 0 && total > room;) {
		struct column *column = &table->columns[i];
		if (column->left_out || !column->is_optional)
			continue;
		column->left_out = true;
		total -= column->width + COLUMN_GAP;
	}
	for (enum pass pass = PASS_FIRST; pass <= PASS_TAILS; pass++)
		narrow(table, &total, width, pass);
}
