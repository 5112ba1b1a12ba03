/* The commands that make breakpoints: break, tbreak, trace. */
#include "commands/breakpoints/break_list.h"
#include "commands/render/json.h"
#include "commands/session/line.h"
#include "commands/session/registry.h"
#include "commands/goroutines/complete_target.h"

static const char *const named_locations[] = {
	"newproc", "goexit", "cancel", "park", "ready", "panic", NULL};

/* --count-by: prepares the counting before there is a breakpoint. */
static struct error *make_counts(const struct break_session *breaks, const char *location,
	const char *fields, struct break_counts **ret)
{
	const struct expr_schema *schema;
	*ret = NULL;
	if (!fields)
		return NULL;
	struct error *err = breakpoints_schema(breaks->breakpoints, location, &schema);
	return err ? err : break_counts_create(fields, schema, ret);
}

/* Gives the counting to its breakpoint, whose events then carry only what is counted. */
static struct error *keep_counts(
	struct break_session *breaks, int number, struct break_counts *counts)
{
	const char *names[BREAK_COUNTS_MAX_NEEDED];
	if (!counts)
		return NULL;
	struct break_extra *extra = break_session_extra(breaks, number);
	if (!extra) {
		break_counts_destroy(counts);
		return error_no_memory();
	}
	extra->counts = counts;
	size_t count = break_counts_needs(counts, names);
	return breakpoints_show(breaks->breakpoints, number, names, count);
}

static struct error *answer(struct session *session, int number, bool as_json)
{
	struct breakpoint breakpoint;
	struct error *err = break_session_find(session->breaks, number, &breakpoint);
	if (err)
		return err;
	if (!as_json) {
		breakpoint_summary(&session->out, &breakpoint);
		return NULL;
	}
	struct json *json = json_create(&session->out);
	if (!json)
		return error_no_memory();
	breakpoint_json(json, "breakpoint", session->breaks, &breakpoint);
	json_finish(json);
	return NULL;
}

/* Takes back what breakpoints_add() made: a command that was refused leaves nothing behind. */
static void take_back(struct break_session *breaks, int number)
{
	error_destroy(breakpoints_delete(breaks->breakpoints, number));
	break_session_forget(breaks, number);
}

static struct error *break_add(
	struct session *session, const struct arguments *arguments, enum breakpoint_kind kind)
{
	struct break_session *breaks;
	struct break_counts *counts;
	const char *location = arguments->words[0];
	const char *fields =
		kind == BREAKPOINT_TRACE ? argument_value(arguments, "count-by") : NULL;
	int number;
	struct error *err = break_session_get(session, &breaks);
	if (!err)
		err = make_counts(breaks, location, fields, &counts);
	if (err)
		return err;
	const char *condition = *arguments->rest ? arguments->rest : NULL;
	err = breakpoints_add(breaks->breakpoints, kind, location, condition, &number);
	if (err) {
		break_counts_destroy(counts);
		return err;
	}
	err = keep_counts(breaks, number, counts);
	if (!err)
		err = break_session_hold(session);
	if (err && session->breaks == breaks)
		take_back(breaks, number);
	return err ? err : answer(session, number, argument_given(arguments, "json"));
}

static struct error *run_break(struct session *session, const struct arguments *arguments)
{
	return break_add(session, arguments, BREAKPOINT_STOP);
}

static struct error *run_tbreak(struct session *session, const struct arguments *arguments)
{
	return break_add(session, arguments, BREAKPOINT_TEMPORARY);
}

static struct error *run_trace(struct session *session, const struct arguments *arguments)
{
	return break_add(session, arguments, BREAKPOINT_TRACE);
}

static void complete_location(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	if (word_index == 1)
		completions_add(candidates, word, "if");
	if (word_index)
		return;
	for (size_t i = 0; named_locations[i]; i++)
		completions_add(candidates, word, named_locations[i]);
	if (session->program)
		complete_function(session, word, candidates);
}

/* The fields that there are at the place; `before` is "PLACE --options". */
static struct error *location_fields(
	struct session *session, const char *before, const struct expr_schema **ret)
{
	struct break_session *breaks;
	struct line line;
	struct error *err = break_session_get(session, &breaks);
	if (err)
		return err;
	err = line_init(&line, before);
	size_t i = 0;
	while (!err && i < line.word_count && line.words[i][0] == '-')
		i++;
	if (!err && i < line.word_count)
		err = breakpoints_schema(breaks->breakpoints, line.words[i], ret);
	else if (!err)
		err = error_create(ERROR_USAGE, "a place is missing");
	line_deinit(&line);
	return err;
}

static const char locations_help[] =
	"PLACE is a function (main.handle, http.(*Server).Serve, handle when that is clear), where "
	"the compiler inlined it too; FILE:LINE (the first instruction of that line in each "
	"function and inlined call); *ADDRESS; or one of the runtime's moments: "
	"newproc (a goroutine is made), goexit (one has ended), cancel (a context is canceled), "
	"park and ready (one begins to wait, is woken), panic.\n"
	"\n"
	"EXPR is as written, up to the end of the line; \"help where\" tells the language. Its "
	"fields depend on the place: hits, goid, thread, labels[\"k\"], stack and function "
	"everywhere; arguments by their names at a function (without DWARF, and in assembly, their "
	"words are arg1 to arg9, integers, absent where it is inlined); at newproc fn, calls, "
	"file, line, "
	"creator, new_goid; at goexit entry, calls, creator, age; at cancel ctx, ctx_type, err, "
	"cause, children; at park and ready entry, calls, reason, ready_goid; at panic value, "
	"value_type. A name that is not there is answered with those that are.\n"
	"\n"
	"For \"go f(x)\" the compiler mostly makes a function around f (gowrap1, func1 before Go "
	"1.22), which is fn, entry and what tracebacks end with; calls is f in any case, and "
	"absent "
	"for methods of interfaces and function values. How often a goroutine was switched to or "
	"from is not known: the runtime keeps no such count per goroutine.\n"
	"\n"
	"A stop shows the values that the condition used, those that are usual at the place, and "
	"the labels of the goroutine. The process runs on with \"continue\". A condition that "
	"cannot be evaluated stops, once, and says why: memory cannot be read, or what is behind "
	"the first 4096 bytes of a text or the innermost 256 frames of a stack could decide it.";

static const struct command_option options[] = {
	{"json", 0, NULL, "as one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const break_aliases[] = {"b", "br", NULL};

static const struct command break_command = {
	.name = "break",
	.aliases = break_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "break PLACE [--json] [if EXPR]",
	.summary = "Stops whoever comes to a place, when a condition holds",
	.help = locations_help,
	.example = "break newproc if creator =~ \"^main\\\\.\" && hits > 100",
	.options = options,
	.min_words = 1,
	.max_words = 1,
	.condition = true,
	.needs_target = true,
	.complete = complete_location,
	.fields = location_fields,
	.run = run_break,
};
REGISTER_COMMAND(break_command);

static const char *const tbreak_aliases[] = {"tb", NULL};

static const struct command tbreak_command = {
	.name = "tbreak",
	.aliases = tbreak_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "tbreak PLACE [--json] [if EXPR]",
	.summary = "Stops at a place once: the breakpoint is deleted with its first stop",
	.help = locations_help,
	.example = "tbreak panic",
	.options = options,
	.min_words = 1,
	.max_words = 1,
	.condition = true,
	.needs_target = true,
	.complete = complete_location,
	.fields = location_fields,
	.run = run_tbreak,
};
REGISTER_COMMAND(tbreak_command);

static const struct command_option trace_options[] = {
	{"count-by", 0, "FIELDS", "count the hits per value instead of telling each (see counts)",
		NULL},
	{"json", 0, NULL, "as one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const trace_aliases[] = {"t", "tp", NULL};

static const struct command trace_command = {
	.name = "trace",
	.aliases = trace_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "trace PLACE [--count-by FIELDS] [--json] [if EXPR]",
	.summary = "Tells in a line of each hit of a place, without stopping",
	.help = "A line has the time, the number, the place, the goroutine and the values there. A "
		"terminal gets at most 50 lines per second and is told how many were left out; "
		"\"continue > FILE\", a pipe and --json get all.\n"
		"\n"
		"--count-by FIELD, or several with commas between, only counts; go is the go "
		"statement that made the goroutine, at newproc and goexit: see "
		"\"help counts\". \"help break\" tells what PLACE and EXPR are.",
	.example = "trace goexit --count-by go if age < 10ms",
	.options = trace_options,
	.min_words = 1,
	.max_words = 1,
	.condition = true,
	.needs_target = true,
	.complete = complete_location,
	.fields = location_fields,
	.run = run_trace,
};
REGISTER_COMMAND(trace_command);
