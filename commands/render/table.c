/*
 * Collecting and printing tables: see table.h. Cells are stored as escaped text in one buffer. A
 * streaming table stores its first rows, prints them, and then stores and prints a few at a time.
 */
#include "commands/render/table.h"

#include <limits.h>
#include <stdarg.h>

#include "commands/render/utf8.h"

struct cell {
	size_t offset; /* into the buffer */
	unsigned columns;
	enum style style;
};

struct table {
	const char *const *headings;
	size_t column_count;
	struct cell *cells;
	size_t cell_count, cell_capacity;
	char *text;
	size_t text_size, text_capacity;
	unsigned *widths;      /* of the columns, so far */
	struct output *stream; /* NULL: all rows are collected */
	bool began;	       /* the heading has been printed */
	bool failed;	       /* memory ran out; later cells are missing */
};

enum {
	COLUMN_GAP = 2,
	SAMPLE_ROWS = 1000, /* rows that determine the widths of a streaming table */
	STREAM_ROWS = 16,   /* rows that are printed together after that */
};

struct table *table_create(const char *const *headings)
{
	struct table *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->headings = headings;
	while (headings[table->column_count])
		table->column_count++;
	table->widths = calloc(table->column_count + 1, sizeof(*table->widths));
	if (!table->widths) {
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
	if (columns > table->widths[column])
		table->widths[column] = columns;
}

void table_destroy(struct table *table)
{
	if (!table)
		return;
	free(table->cells);
	free(table->text);
	free(table->widths);
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

	size_t offset = table->text_size;
	if (length < 0 || !text ||
		!(is_plain_ascii(text) ? table_append(table, text, (size_t)length + 1)
				       : append_escaped(table, text)) ||
		!array_reserve(&table->cells, &table->cell_capacity, table->cell_count + 1)) {
		table->failed = true;
		return;
	}
	size_t columns = utf8_columns(table->text + offset, table->text_size - offset - 1);
	table->cells[table->cell_count++] = (struct cell){
		.offset = offset,
		.columns = columns < UINT_MAX ? (unsigned)columns : UINT_MAX,
		.style = style,
	};
	print_when_due(table);
}

/* A heading without its alignment mark. */
static const char *heading_text(const char *heading)
{
	return heading + (*heading == '>');
}

/* Prints one cell in a column of `width`; a wider cell is cut and ends with "…". */
static void print_cell(struct output *output, const char *text, size_t columns, enum style style,
	size_t width, bool right, bool last)
{
	size_t padding = width > columns ? width - columns : 0;
	if (right)
		output_blanks(output, padding);
	if (columns > width && width > 0) {
		int fitting = (int)utf8_fit(text, strlen(text), width - 1);
		output_printf(output, style, "%.*s…", fitting, text);
	} else {
		output_text(output, style, text);
	}
	if (!last)
		output_blanks(output, (right ? 0 : padding) + COLUMN_GAP);
}

/* Widens columns to their widest cell. */
static void measure(struct table *table, bool terminal)
{
	for (size_t i = 0; i < table->column_count && !table->began; i++)
		table_widen(table, i, (unsigned)strlen(heading_text(table->headings[i])));
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;
		/* After the heading has been printed on a terminal, only numbers may widen
		 * columns. */
		if (!table->began || !terminal || *table->headings[column] == '>')
			table_widen(table, column, table->cells[i].columns);
	}
}

/*
 * Narrows the widest column again and again until a line fits. Numbers (right-aligned columns) and
 * short columns are never cut; if that is not enough, lines are longer than the terminal is wide.
 */
static void fit(struct table *table, unsigned width)
{
	unsigned *widths = table->widths;
	enum { NARROWEST = 12 };
	size_t count = table->column_count, total = (count - 1) * COLUMN_GAP;
	for (size_t i = 0; i < count; i++)
		total += widths[i];
	while (width && total > width) {
		size_t widest = count;
		for (size_t i = 0; i < count; i++)
			if (*table->headings[i] != '>' && widths[i] > NARROWEST &&
				(widest == count || widths[i] >= widths[widest]))
				widest = i;
		if (widest == count)
			return;
		widths[widest]--;
		total--;
	}
}

static void print_heading(struct table *table, struct output *output)
{
	size_t count = table->column_count;
	for (size_t i = 0; i < count; i++) {
		const char *text = heading_text(table->headings[i]);
		print_cell(output, text, strlen(text), STYLE_STRONG, table->widths[i],
			text != table->headings[i], i + 1 == count);
	}
	fputc('\n', output->stream);
}

/* Prints the collected rows; a streaming table then drops them. */
static void print_rows(struct table *table, struct output *output)
{
	size_t count = table->column_count;
	measure(table, output->width != 0);
	if (!table->began) {
		fit(table, output->width);
		print_heading(table, output);
		table->began = true;
	}
	for (size_t row = 0; row < table->cell_count && !output_failed(output); row += count) {
		for (size_t i = 0; i < count && row + i < table->cell_count; i++) {
			const struct cell *cell = &table->cells[row + i];
			print_cell(output, table->text + cell->offset, cell->columns, cell->style,
				table->widths[i], *table->headings[i] == '>', i + 1 == count);
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
