/* Joins the counts of tracepoints: see break_tally.h. */
#include "commands/breakpoints/break_tally.h"

#include <stdio.h>

#include "dbg/go/goroutines/goroutine.h"

void tally_deinit(struct tally *tally)
{
	HASH_CLEAR(hh, tally->table);
	for (size_t i = 0; i < tally->row_count; i++)
		free(tally->rows[i]);
	free(tally->rows);
}

static struct tally_row *row_of(struct tally *tally, const char *value)
{
	struct tally_row *row;
	HASH_FIND(hh, tally->table, value, strlen(value), row);
	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row || !array_reserve(&tally->rows, &tally->row_capacity, tally->row_count + 1)) {
		free(row);
		return NULL;
	}
	row->value = value;
	HASH_ADD_KEYPTR(hh, tally->table, row->value, strlen(row->value), row);
	if (row->lost) {
		free(row);
		return NULL;
	}
	tally->rows[tally->row_count++] = row;
	return row;
}

static struct error *add_column(struct tally *tally, size_t index)
{
	size_t count;
	const struct break_count *all = break_counts_all(tally->columns[index].counts, &count);
	for (size_t i = 0; i < count; i++) {
		struct tally_row *row = row_of(tally, all[i].value);
		if (!row)
			return error_no_memory();
		row->hits[index] = all[i].hits;
	}
	return NULL;
}

static bool is_column(const struct tally_column *column, const char *what)
{
	return !strcmp(column->breakpoint.what, what);
}

static bool counts(const struct tally_column *column, const char *fields)
{
	return !strcmp(break_counts_fields(column->counts), fields);
}

/* Finds the counting tracepoints, and puts births first and deaths second. */
static void find_columns(const struct break_session *breaks, struct tally *tally)
{
	struct breakpoint breakpoint;
	for (size_t i = 0; breakpoints_get(breaks->breakpoints, i, &breakpoint); i++) {
		struct break_extra *extra = break_session_find_extra(breaks, breakpoint.number);
		if (extra && extra->counts && tally->column_count < TALLY_COLUMNS)
			tally->columns[tally->column_count++] =
				(struct tally_column){breakpoint, extra->counts};
	}
	if (tally->column_count < 2)
		return;
	struct tally_column *columns = tally->columns;
	if (is_column(&columns[0], "goexit") && is_column(&columns[1], "newproc")) {
		struct tally_column first = columns[0];
		columns[0] = columns[1];
		columns[1] = first;
	}
	tally->has_left = is_column(&columns[0], "newproc") && is_column(&columns[1], "goexit") &&
			  counts(&columns[0], break_counts_fields(columns[1].counts));
}

bool tally_is_of_go(const struct tally *tally)
{
	return counts(&tally->columns[0], BREAK_COUNTS_GO);
}

/* Counts each existing goroutine in the row of its creator. */
static struct error *add_alive(struct session *session, struct tally *tally)
{
	const struct goroutine_list *list;
	struct error *err = program_goroutines(session->program, &list);
	for (size_t i = 0; !err && i < list->count; i++) {
		struct code_location location;
		char value[2048];
		struct tally_row *row;
		if (!goroutine_creator(session->program, &list->items[i], &location))
			continue;
		if (tally_is_of_go(tally))
			break_counts_describe_go(&location, value, sizeof(value));
		else
			snprintf(value, sizeof(value), "%s", location.function);
		HASH_FIND(hh, tally->table, value, strlen(value), row);
		if (row)
			row->alive++;
	}
	return err;
}

static int compare_rows(const void *a, const void *b)
{
	const struct tally_row *x = *(struct tally_row *const *)a,
			       *y = *(struct tally_row *const *)b;
	if (x->left != y->left)
		return x->left < y->left ? 1 : -1;
	for (size_t i = 0; i < TALLY_COLUMNS; i++)
		if (x->hits[i] != y->hits[i])
			return x->hits[i] < y->hits[i] ? 1 : -1;
	return strcmp(x->value, y->value);
}

struct error *tally_make(struct session *session, struct tally *tally)
{
	*tally = (struct tally){0};
	if (session->breaks)
		find_columns(session->breaks, tally);
	if (!tally->column_count)
		return error_create(ERROR_NOT_FOUND,
			"nothing is counted: use trace LOCATION --count-by FIELD, for example "
			"trace newproc --count-by go");
	struct error *err = NULL;
	for (size_t i = 0; !err && i < tally->column_count; i++)
		err = add_column(tally, i);
	for (size_t i = 0; tally->has_left && i < tally->row_count; i++) {
		struct tally_row *row = tally->rows[i];
		row->left = (int64_t)(row->hits[0] - row->hits[1]);
	}
	tally->has_alive = session->target->state == TARGET_STOPPED &&
			   (tally_is_of_go(tally) || counts(&tally->columns[0], "creator"));
	if (!err && tally->has_alive)
		err = add_alive(session, tally);
	if (tally->row_count)
		qsort(tally->rows, tally->row_count, sizeof(*tally->rows), compare_rows);
	return err;
}
