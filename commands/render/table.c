/*
 * Collecting and printing tables: see table.h. Cells are stored as escaped text in one buffer. A
 * streaming table stores its first rows, prints them, and then stores and prints a few at a time.
 */
#include <limits.h>
#include <stdarg.h>

#include "commands/render/table_state.h"
#include "commands/render/utf8.h"

struct table *table_create(const char *const *headings)
{
	struct table *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->headings = headings;
	while (headings[table->column_count])
		table->column_count++;
	table->columns = calloc(table->column_count + 1, sizeof(*table->columns));
	if (!table->columns) {
		free(table);
		return NULL;
	}
	return table;
}

void table_stream(struct table *table, struct output *output)
{
	table->stream = output;
}

void table_widen(struct table *table, size_t column, unsigned columns)
{
	if (columns > table->columns[column].width)
		table->columns[column].width = columns;
}

void table_narrow_first(struct table *table, size_t column)
{
	table->columns[column].gives_way = true;
}

void table_make_optional(struct table *table, size_t column)
{
	table->columns[column].is_optional = true;
}

void table_omit_if_empty(struct table *table, size_t column)
{
	table->columns[column].omit_if_empty = true;
}

void table_destroy(struct table *table)
{
	if (!table)
		return;
	free(table->cells);
	free(table->text);
	free(table->columns);
	free(table);
}

/* Appends `size` bytes to the buffer. */
static bool table_append(struct table *table, const char *text, size_t size)
{
	if (!array_reserve(&table->text, &table->text_capacity, table->text_size + size))
		return false;
	memcpy(table->text + table->text_size, text, size);
	table->text_size += size;
	return true;
}

/* Appends `text` as output_text() would print it, with a terminating NUL. */
static bool append_escaped(struct table *table, const char *text)
{
	_cleanup_free_ char *escaped = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&escaped, &size);
	if (!stream)
		return false;
	struct output output = {.stream = stream};
	output_text(&output, STYLE_PLAIN, text);
	if (fclose(stream))
		return false;
	return table_append(table, escaped, size + 1);
}

/* True if `text` is printable ASCII, which is nearly always the case. */
static bool is_plain_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static void print_rows(struct table *table, struct output *output);

/* Prints the rows collected by a streaming table once there are enough. */
static void print_when_due(struct table *table)
{
	size_t rows = table->began ? STREAM_ROWS : SAMPLE_ROWS;
	if (table->stream && table->cell_count == rows * table->column_count)
		print_rows(table, table->stream);
}

/* Appends a part of a cell and measures it. */
static bool add_part(
	struct table *table, const char *text, size_t *ret_offset, unsigned *ret_columns)
{
	*ret_offset = table->text_size;
	if (!(is_plain_ascii(text) ? table_append(table, text, strlen(text) + 1)
				   : append_escaped(table, text)))
		return false;
	size_t columns =
		utf8_columns(table->text + *ret_offset, table->text_size - *ret_offset - 1);
	*ret_columns = columns < INT_MAX ? (unsigned)columns : INT_MAX;
	return true;
}

void table_cell_tail(struct table *table, enum style style, const char *head, const char *tail)
{
	if (!table || table->failed)
		return;
	struct cell cell = {.style = style};
	if (!add_part(table, head, &cell.offset, &cell.columns) ||
		(*tail && !add_part(table, tail, &cell.tail, &cell.tail_columns)) ||
		!array_reserve(&table->cells, &table->cell_capacity, table->cell_count + 1)) {
		table->failed = true;
		return;
	}
	if (*tail)
		cell.columns += cell.tail_columns + (*head != 0);
	else if (strncmp(head, "0x", 2) == 0)
		cell.address = (unsigned)strcspn(head, " ");
	table->cells[table->cell_count++] = cell;
	print_when_due(table);
}

void table_cell(struct table *table, enum style style, const char *format, ...)
{
	if (!table || table->failed)
		return;
	char small[256];
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	_cleanup_free_ char *large = NULL;
	if (length >= (int)sizeof(small) && vasprintf(&large, format, again) < 0)
		large = NULL;
	va_end(again);
	const char *text = length < (int)sizeof(small) ? small : large;
	if (length < 0 || !text)
		table->failed = true;
	else
		table_cell_tail(table, style, text, "");
}

/* Prints text that must take at most `width` columns; if it is cut, it ends with "…". Returns the
 * columns printed. */
static size_t print_cut(
	struct output *output, enum style style, const char *text, size_t columns, size_t width)
{
	if (columns <= width || !width) {
		output_text(output, style, text);
		return columns;
	}
	size_t fitting = utf8_fit(text, strlen(text), width - 1);
	output_printf(output, style, "%.*s…", (int)fitting, text);
	return utf8_columns(text, fitting) + 1;
}

/* Prints the head, cut if necessary, and the tail; the head is left out if it has no room. */
static size_t print_tail(struct output *output, const struct cell *cell, const char *head,
	const char *tail, size_t width)
{
	size_t printed = 0, used = (size_t)cell->tail_columns + 1;
	if (*head && (width > used + 1 || !width)) {
		printed = 1 + print_cut(output, cell->style, head, cell->columns - used,
				      width ? width - used : 0);
		output_blanks(output, 1);
	}
	output_text(output, cell->style, tail);
	return printed + cell->tail_columns;
}

/* Prints one cell in a column of `width`. `text` is the table's buffer. */
static void print_cell(struct output *output, const char *text, const struct cell *cell,
	size_t width, bool right, bool last)
{
	const char *head = text + cell->offset;
	size_t padding = width > cell->columns ? width - cell->columns : 0;
	if (right)
		output_blanks(output, padding);
	size_t printed = cell->tail ? print_tail(output, cell, head, text + cell->tail, width)
				    : print_cut(output, cell->style, head, cell->columns, width);
	if (!last)
		output_blanks(
			output, (right || width < printed ? 0 : width - printed) + COLUMN_GAP);
}

static bool is_last(const struct table *table, size_t number)
{
	while (++number < table->column_count)
		if (!table->columns[number].left_out)
			return false;
	return true;
}

static void print_heading(struct table *table, struct output *output)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const char *text = heading_text(table->headings[i]);
		struct cell cell = {.columns = (unsigned)strlen(text), .style = STYLE_STRONG};
		if (!table->columns[i].left_out)
			print_cell(output, text, &cell, table->columns[i].width,
				text != table->headings[i], is_last(table, i));
	}
	fputc('\n', output->stream);
}

/* Prints the collected rows; a streaming table then drops them. */
static void print_rows(struct table *table, struct output *output)
{
	size_t count = table->column_count;
	table_measure(table, output->width != 0);
	if (!table->began) {
		table_fit(table, output->width);
		print_heading(table, output);
		table->began = true;
	}
	for (size_t row = 0; row < table->cell_count && !output_failed(output); row += count) {
		for (size_t i = 0; i < count && row + i < table->cell_count; i++) {
			if (!table->columns[i].left_out)
				print_cell(output, table->text, &table->cells[row + i],
					table->columns[i].width, *table->headings[i] == '>',
					is_last(table, i));
		}
		fputc('\n', output->stream);
	}
	if (table->stream)
		table->cell_count = table->text_size = 0;
	else
		table->began = false; /* so that it can be printed again */
}

void table_print(struct table *table, struct output *output)
{
	if (!table) {
		fputs("gctxdbg: out of memory for a table\n", stderr);
		return;
	}
	if (table->cell_count || !table->began)
		print_rows(table, output);
	if (table->failed)
		fputs("gctxdbg: out of memory: the last rows of the table are missing\n", stderr);
}
