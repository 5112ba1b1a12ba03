/*
 * Writes the built-in layout table (dbg/go/program/builtin_layouts.inc) to stdout: make_layouts
 * [--recorded] EXE...
 *
 * Each EXE is a Go program with DWARF, built by another release; the release in its build info
 * names the column. --recorded adds columns for releases without a toolchain (recorded_columns.inc),
 * which are described as changes of a column that has one. The queries are those of runtime_layout_load() itself, recorded with their
 * answers by a layout source that wraps the DWARF. So the table has exactly what the debugger
 * queries, under the names that each release uses.
 */
#include <stdio.h>

#include "dbg/go/program/go_version.h"
#include "dbg/go/program/runtime_layout.h"
#include "dwarf/elf/build_info.h"
#include "dwarf/debug/debug_info.h"

enum { MAX_COLUMNS = 32 };

struct row {
	char *type; /* of a constant: its name */
	char *path; /* NULL: the type's size; a constant */
	bool is_constant;
	struct field fields[MAX_COLUMNS];
	bool present[MAX_COLUMNS];
	int64_t constants[MAX_COLUMNS];
};

struct table {
	char *releases[MAX_COLUMNS];
	size_t column_count;
	struct row *rows;
	size_t row_count, row_capacity;
};

/* A layout source that passes queries on to `source` and records the answers in the last column of
 * `table`. */
struct recorder {
	struct table *table;
	struct layout_source source;
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The row with that name, added if there is none; NULL without memory. */
static struct row *table_row(
	struct table *table, const char *type, const char *path, bool is_constant)
{
	for (size_t i = 0; i < table->row_count; i++) {
		struct row *row = &table->rows[i];
		if (row->is_constant == is_constant && same_text(row->type, type) &&
			same_text(row->path, path))
			return row;
	}
	if (!array_reserve(&table->rows, &table->row_capacity, table->row_count + 1))
		return NULL;
	struct row *row = &table->rows[table->row_count];
	*row = (struct row){.type = strdup(type), .is_constant = is_constant};
	if (path)
		row->path = strdup(path);
	if (!row->type || (path && !row->path))
		return NULL;
	table->row_count++;
	return row;
}

static struct error *record_fields(void *context, const struct field_query *queries, size_t count)
{
	struct recorder *recorder = context;
	size_t column = recorder->table->column_count;
	struct error *err = recorder->source.fields(recorder->source.context, queries, count);
	for (size_t i = 0; i < count && !err; i++) {
		struct row *row =
			table_row(recorder->table, queries[i].type, queries[i].path, false);
		if (!row)
			return error_no_memory();
		row->fields[column] = *queries[i].ret;
		row->present[column] = field_present(*queries[i].ret);
	}
	return err;
}

static struct error *record_constants(
	void *context, const struct constant_query *queries, size_t count)
{
	struct recorder *recorder = context;
	size_t column = recorder->table->column_count;
	struct error *err = recorder->source.constants(recorder->source.context, queries, count);
	for (size_t i = 0; i < count && !err; i++) {
		struct row *row = table_row(recorder->table, queries[i].name, NULL, true);
		if (!row)
			return error_no_memory();
		row->constants[column] = *queries[i].ret;
		row->present[column] = *queries[i].ret_present;
	}
	return err;
}

static struct error *record(struct table *table, struct elf_image *image)
{
	struct debug_info *debug;
	struct error *err = debug_info_open(image, &debug);
	if (err)
		return err;
	struct recorder recorder = {table, debug_info_layout_source(debug)};
	struct layout_source source = {record_fields, record_constants, &recorder, "DWARF"};
	struct runtime_layout layout;
	err = runtime_layout_load(&source, &layout);
	debug_info_close(debug);
	return err;
}

/* Adds a column for the program at `path`. */
static struct error *add_column(struct table *table, const char *path)
{
	if (table->column_count == MAX_COLUMNS)
		return error_create(ERROR_USAGE, "more than %d programs", MAX_COLUMNS);
	_cleanup_(elf_image_cleanup) struct elf_image *image = NULL;
	struct error *err = elf_image_open(path, &image);
	if (err)
		return err;
	struct build_info info;
	err = build_info_read(image, &info);
	if (err)
		return err;
	char *release = take_pointer(info.go_version);
	build_info_deinit(&info);
	if (!release)
		return error_create(ERROR_BAD_DATA, "%s does not say which Go built it", path);
	table->releases[table->column_count] = release;
	err = record(table, image);
	if (!err)
		table->column_count++;
	else
		free(release);
	return err;
}

/* ---- Recorded columns ---- */

/* A change of the column that was begun last. */
struct change {
	enum { BEGIN, SET, INSERT } kind;
	const char *type;   /* BEGIN: the release of the new column */
	const char *path;   /* BEGIN: the release of the column that it changes */
	struct field field; /* INSERT: where, and how many bytes */
};

static const struct change changes[] = {
#define COLUMN(release, base) {BEGIN, release, base, {0, 0}},
#define FIELD(type, path, ...) {SET, type, path, __VA_ARGS__},
#define INSERTED(type, offset, bytes) {INSERT, type, NULL, {offset, bytes}},
#include "scripts/layouts/recorded_columns.inc"
#undef COLUMN
#undef FIELD
#undef INSERTED
};

/* The column of the same minor release as `release`, with the same experiments; column_count if
 * there is none. */
static size_t find_column(const struct table *table, const char *release)
{
	struct go_version wanted, column;
	size_t i = 0;
	for (; go_version_parse(release, &wanted) && i < table->column_count; i++)
		if (go_version_parse(table->releases[i], &column) &&
			go_version_compare_minor(&column, &wanted) == 0 &&
			strcmp(column.experiments, wanted.experiments) == 0)
			return i;
	return table->column_count;
}

/* Starts a column as a copy of another one. */
static struct error *begin_column(struct table *table, const char *release, const char *base)
{
	size_t from = find_column(table, base), to = table->column_count;
	if (from == to || to == MAX_COLUMNS)
		return error_create(ERROR_USAGE, "no column %s to change into %s", base, release);
	table->releases[to] = strdup(release);
	if (!table->releases[to])
		return error_no_memory();
	table->column_count++;
	for (size_t i = 0; i < table->row_count; i++) {
		struct row *row = &table->rows[i];
		row->fields[to] = row->fields[from];
		row->present[to] = row->present[from];
		row->constants[to] = row->constants[from];
	}
	return NULL;
}

/* The fields behind the new one move, and the struct grows. */
static void insert_bytes(struct table *table, const struct change *change)
{
	size_t column = table->column_count - 1;
	for (size_t i = 0; i < table->row_count; i++) {
		struct row *row = &table->rows[i];
		struct field *field = &row->fields[column];
		if (row->is_constant || !row->present[column] ||
			strcmp(row->type, change->type) != 0)
			continue;
		if (!row->path)
			field->size += change->field.size;
		else if (field->offset >= change->field.offset)
			field->offset += change->field.size;
	}
}

static struct error *set_field(struct table *table, const struct change *change)
{
	size_t column = table->column_count - 1;
	struct row *row = table_row(table, change->type, change->path, false);
	if (!row)
		return error_no_memory();
	row->fields[column] = change->field;
	row->present[column] = field_present(change->field);
	return NULL;
}

static struct error *add_recorded_columns(struct table *table)
{
	struct error *err = NULL;
	for (size_t i = 0; i < array_length(changes) && !err; i++) {
		const struct change *change = &changes[i];
		if (change->kind == BEGIN)
			err = begin_column(table, change->type, change->path);
		else if (change->kind == SET)
			err = set_field(table, change);
		else
			insert_bytes(table, change);
	}
	return err;
}

/* ---- Output ---- */

/* Fills `order` with the columns, oldest release first; those of one release stay in order. */
static void sort_columns(const struct table *table, size_t order[MAX_COLUMNS])
{
	for (size_t i = 0; i < table->column_count; i++) {
		struct go_version version = {0}, before = {0};
		size_t at = i;
		go_version_parse(table->releases[i], &version);
		for (; at; at--) {
			go_version_parse(table->releases[order[at - 1]], &before);
			int minor = go_version_compare_minor(&before, &version);
			if (minor < 0 || (minor == 0 && before.patch <= version.patch))
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
	}
}

/* Whether any release has it. */
static bool is_known(const struct row *row, size_t columns)
{
	bool known = false;
	for (size_t i = 0; i < columns; i++)
		known = known || row->present[i];
	return known;
}

static void print_cell(const struct row *row, size_t column, bool last)
{
	char text[64];
	if (row->is_constant && row->present[column])
		snprintf(text, sizeof(text), "%lld", (long long)row->constants[column]);
	else if (row->present[column])
		snprintf(text, sizeof(text), "{%u,%u}", row->fields[column].offset,
			row->fields[column].size);
	else
		snprintf(text, sizeof(text), "%s", row->is_constant ? "NONE" : "{0}");
	printf(" %s%s%*s", text, last ? ")" : ",", last ? 0 : (int)(8 - strlen(text)), "");
}

static void print_rows(const struct table *table, const size_t *order, bool constants)
{
	const char *type = "";
	for (size_t i = 0; i < table->row_count; i++) {
		const struct row *row = &table->rows[i];
		if (row->is_constant != constants || !is_known(row, table->column_count))
			continue;
		if (!constants && strcmp(type, row->type) != 0)
			printf("\n");
		type = row->type;
		char name[256];
		if (constants)
			snprintf(name, sizeof(name), "CONSTANT(\"%s\",", row->type);
		else if (row->path)
			snprintf(name, sizeof(name), "FIELD(\"%s\", \"%s\",", row->type, row->path);
		else
			snprintf(name, sizeof(name), "FIELD(\"%s\", NULL,", row->type);
		printf("%-48s", name);
		for (size_t j = 0; j < table->column_count; j++)
			print_cell(row, order[j], j + 1 == table->column_count);
		printf("\n");
	}
}

static void print_table(const struct table *table)
{
	size_t order[MAX_COLUMNS];
	sort_columns(table, order);
	printf("/*\n"
	       " * Generated by scripts/make-layouts from the DWARF of programs that these\n"
	       " * releases built, and from scripts/layouts/recorded_columns.inc; do not edit. One\n"
	       " * column per RELEASE, in that order. A field is {offset, size}, or {0} if the\n"
	       " * release does not have it. See builtin_layout.h.\n"
	       " */\n");
	for (size_t i = 0; i < table->column_count; i++)
		printf("RELEASE(\"%s\")\n", table->releases[order[i]]);
	print_rows(table, order, false);
	printf("\n");
	print_rows(table, order, true);
}

static void table_deinit(struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		free(table->releases[i]);
	for (size_t i = 0; i < table->row_count; i++) {
		free(table->rows[i].type);
		free(table->rows[i].path);
	}
	free(table->rows);
}

int main(int argc, char **argv)
{
	struct table table = {0};
	struct error *err = NULL;
	bool recorded = argc > 1 && strcmp(argv[1], "--recorded") == 0;
	for (int i = recorded ? 2 : 1; i < argc && !err; i++)
		err = error_wrap(add_column(&table, argv[i]), "%s", argv[i]);
	if (!err && !table.column_count)
		err = error_create(ERROR_USAGE, "usage: make_layouts [--recorded] EXE...");
	if (!err && recorded)
		err = add_recorded_columns(&table);
	if (!err)
		print_table(&table);
	table_deinit(&table);
	if (!err)
		return 0;
	fprintf(stderr, "make_layouts: %s\n", err->message);
	error_destroy(err);
	return 1;
}
