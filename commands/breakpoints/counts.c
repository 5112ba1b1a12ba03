/*
 * The command `counts`: prints the counts of trace --count-by as one table. Counts of goroutines
 * created next to goroutines ended show which go statements leak.
 */
#include <inttypes.h>

#include "commands/breakpoints/break_tally.h"
#include "commands/render/json.h"
#include "commands/render/table.h"
#include "commands/session/registry.h"

static void column_title(const struct tally_column *column, char *ret, size_t size)
{
	const char *what = column->breakpoint.what;
	if (!strcmp(what, "newproc"))
		what = "CREATED";
	else if (!strcmp(what, "goexit"))
		what = "ENDED";
	snprintf(ret, size, ">%s", what);
}

static void row_cells(struct table *table, const struct tally *tally, const struct tally_row *row)
{
	for (size_t i = 0; i < tally->column_count; i++)
		table_cell(table, STYLE_PLAIN, "%" PRIu64, row->hits[i]);
	/* More than half of the goroutines created are left. */
	bool grows = row->left > 0 && (uint64_t)row->left > row->hits[0] / 2 &&
		     (row->alive || !tally->has_alive);
	if (tally->has_left)
		table_cell(table, grows ? STYLE_FINDING : STYLE_PLAIN, "%" PRId64, row->left);
	if (tally->has_alive)
		table_cell(table, STYLE_PLAIN, "%" PRIu64, row->alive);
	table_cell(table, STYLE_FUNCTION, "%s%s", row->value, grows ? "  ◀ leaks" : "");
}

static struct error *render_text(struct session *session, const struct tally *tally, uint64_t limit)
{
	char titles[TALLY_COLUMNS][64];
	const char *headings[TALLY_COLUMNS + 4];
	size_t used = 0;
	for (size_t i = 0; i < tally->column_count; i++) {
		column_title(&tally->columns[i], titles[i], sizeof(titles[i]));
		headings[used++] = titles[i];
	}
	if (tally->has_left)
		headings[used++] = ">LEFT";
	if (tally->has_alive)
		headings[used++] = ">ALIVE";
	headings[used++] = tally_is_of_go(tally) ? "GO STATEMENT" : "VALUE";
	headings[used] = NULL;
	_cleanup_(table_cleanup) struct table *table = table_create(headings);
	if (!table)
		return error_no_memory();
	size_t shown = limit && limit < tally->row_count ? (size_t)limit : tally->row_count;
	for (size_t i = 0; i < shown; i++)
		row_cells(table, tally, tally->rows[i]);
	table_print(table, &session->out);
	if (shown < tally->row_count)
		output_printf(&session->out, STYLE_DIM, "… %zu more (--limit 0 for all)\n",
			tally->row_count - shown);
	return NULL;
}

static void row_json(struct json *json, const struct tally *tally, const struct tally_row *row)
{
	json_object(json, NULL);
	json_string(json, "value", row->value);
	json_array(json, "hits");
	for (size_t i = 0; i < tally->column_count; i++)
		json_uint(json, NULL, row->hits[i]);
	json_end(json);
	if (tally->has_left)
		json_int(json, "left", row->left);
	if (tally->has_alive)
		json_uint(json, "alive", row->alive);
	json_end(json);
}

static struct error *render_json(struct session *session, const struct tally *tally, uint64_t limit)
{
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	json_array(json, "breakpoints");
	for (size_t i = 0; i < tally->column_count; i++) {
		json_object(json, NULL);
		json_int(json, "number", tally->columns[i].breakpoint.number);
		json_string(json, "what", tally->columns[i].breakpoint.what);
		json_string(json, "count_by", break_counts_fields(tally->columns[i].counts));
		json_end(json);
	}
	json_end(json);
	json_array(json, "counts");
	for (size_t i = 0; i < tally->row_count && (!limit || i < limit); i++)
		row_json(json, tally, tally->rows[i]);
	json_end(json);
	json_uint(json, "total", tally->row_count);
	json_finish(json);
	return NULL;
}

static struct error *run_counts(struct session *session, const struct arguments *arguments)
{
	bool as_json = argument_given(arguments, "json");
	uint64_t limit = as_json ? 0 : 40;
	struct error *err = NULL;
	if (argument_value(arguments, "limit"))
		err = argument_number(argument_value(arguments, "limit"), "--limit", &limit);
	if (err)
		return err;
	struct tally tally;
	err = tally_make(session, &tally);
	if (!err)
		err = as_json ? render_json(session, &tally, limit)
			      : render_text(session, &tally, limit);
	tally_deinit(&tally);
	return err;
}

static const struct command_option options[] = {
	{"limit", 'n', "N", "print at most N lines (default 40, or all with --json); 0 for all",
		NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct command counts_command = {
	.name = "counts",
	.group = GROUP_BREAKPOINTS,
	.usage = "counts [--limit N] [--json]",
	.summary = "Shows the counts collected by trace --count-by",
	.help = "Prints a line per value and a column per tracepoint. If newproc and "
		"goexit are both counted by go or by creator, LEFT is goroutines created "
		"minus goroutines ended while counting; ALIVE is the number that exist "
		"now, whenever they were created. Go statements that leak come first; "
		"they are marked if more than half of their goroutines are left.",
	.example = "counts --limit 10",
	.options = options,
	.needs_target = true,
	.while_running = true,
	.run = run_counts,
};
REGISTER_COMMAND(counts_command);
