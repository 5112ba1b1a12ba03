/* The commands that set breakpoints: break, tbreak, trace. */
#include "commands/breakpoints/break_change.h"
#include "commands/breakpoints/break_list.h"
#include "commands/render/json.h"
#include "commands/session/line.h"
#include "commands/session/registry.h"
#include "commands/goroutines/complete_target.h"

static const char *const named_locations[] = {
	"newproc", "goexit", "cancel", "park", "ready", "panic", NULL};

/* --count-by: checks the fields and prepares the counts before the breakpoint is set. */
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

/* Attaches the counts to their breakpoint, whose events then have only the counted values. */
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

static struct error *print_result(struct session *session, int number, bool as_json)
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

/* Undoes breakpoints_add(), so that a command that fails changes nothing. */
static void undo_add(struct break_session *breaks, int number)
{
	error_destroy(breakpoints_delete(breaks->breakpoints, number));
	break_session_forget(breaks, number);
}

static struct error *add_while_stopped(
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
		undo_add(breaks, number);
	return err ? err : print_result(session, number, argument_given(arguments, "json"));
}

static struct error *break_add(
	struct session *session, const struct arguments *arguments, enum breakpoint_kind kind)
{
	struct break_change change;
	struct error *err = break_change_begin(session, &change);
	return err ? err
		   : break_change_end(
			     session, &change, add_while_stopped(session, arguments, kind));
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

static const char break_usage[] = "break LOCATION [--json] [if EXPR]";

/* The fields at a location, for completion; `before` is "LOCATION --options". */
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
		err = error_create(ERROR_USAGE, "break needs a location; usage: %s", break_usage);
	line_deinit(&line);
	return err;
}

static const char locations_help[] =
	"LOCATION is a function (main.handle, http.(*Server).Serve, or handle if "
	"unambiguous), including its inlined calls; FILE:LINE, the first "
	"instruction of the line in each function and inlined call; *ADDRESS; or "
	"an event of the runtime: newproc (a goroutine is created), goexit (a "
	"goroutine has ended), cancel (a context is canceled), park (a goroutine "
	"starts to wait), ready (a goroutine is made runnable), panic (the "
	"program or the runtime panics).\n\nEXPR extends to the end of the line; "
	"\"help where\" describes the language. Its fields depend on the "
	"location. Everywhere: hits, goid, thread, labels[\"k\"], stack, "
	"function. At a function, FILE:LINE and *ADDRESS: caller. At a function: "
	"its arguments by name, len(x) and cap(x); without DWARF and in assembly their words arg1 "
	"to arg9 as integers, absent in inlined calls. At newproc: fn, calls, "
	"file, line, new_goid, creator, creator_file, creator_line. At goexit: "
	"entry, calls, age, creator, creator_file, creator_line. At cancel: ctx, "
	"ctx_type, err, cause, children. At park and ready: entry, calls, "
	"reason. At ready: ready_goid. At panic: value, value_type. The error "
	"for an unknown name lists the valid ones.\n\nFor \"go f(x)\" the "
	"compiler usually generates a wrapper of f (gowrap1; func1 before Go "
	"1.22), which is the value of fn and entry and the last frame of "
	"tracebacks. calls is f in either case; it is absent for interface "
	"methods and function values. gctxdbg cannot show how often a goroutine "
	"was scheduled, because the runtime does not count it.\n\nA stop shows "
	"the values that the condition used, the usual values of the location, "
	"and the labels of the goroutine; \"continue\" resumes the process. If a "
	"condition cannot be evaluated, the first such hit stops the process and "
	"prints the reason: memory is not readable, or the result depends on a "
	"string beyond its first 4096 bytes or on a stack beyond its innermost "
	"256 frames.\n\nBreakpoints are set in the process itself. At a prompt that inspects a "
	"snapshot, the process runs on with them, and \"interrupt\" stops it; in a script it is "
	"stopped until \"continue\".";

static const struct command_option stop_options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

/* What break, tbreak and trace have in common. */
#define LOCATION_COMMAND                                                                           \
	.group = GROUP_BREAKPOINTS, .min_words = 1, .max_words = 1, .condition = true,             \
	.needs_target = true, .while_running = true, .complete = complete_location,                \
	.fields = location_fields

/* What break and tbreak have in common. */
#define STOP_COMMAND LOCATION_COMMAND, .help = locations_help, .options = stop_options

static const char *const break_aliases[] = {"b", "br", NULL};

static const struct command break_command = {
	.name = "break",
	.aliases = break_aliases,
	STOP_COMMAND,
	.usage = break_usage,
	.summary = "Stops the process at a location, if a condition is true",
	.example = "break newproc if creator =~ \"^main\\\\.\" && hits > 100",
	.run = run_break,
};
REGISTER_COMMAND(break_command);

static const char *const tbreak_aliases[] = {"tb", NULL};

static const struct command tbreak_command = {
	.name = "tbreak",
	.aliases = tbreak_aliases,
	STOP_COMMAND,
	.usage = "tbreak LOCATION [--json] [if EXPR]",
	.summary = "Stops at a location once, then deletes the breakpoint",
	.example = "tbreak panic",
	.run = run_tbreak,
};
REGISTER_COMMAND(tbreak_command);

static const struct command_option trace_options[] = {
	{"count-by", 0, "FIELDS", "count the hits per value instead of printing each (see counts)",
		NULL},
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const trace_aliases[] = {"t", "tp", NULL};

static const struct command trace_command = {
	.name = "trace",
	.aliases = trace_aliases,
	LOCATION_COMMAND,
	.usage = "trace LOCATION [--count-by FIELDS] [--json] [if EXPR]",
	.summary = "Prints a line for each hit of a location, without stopping",
	.help = "A line shows time, breakpoint number, event, goroutine, location, values. A "
		"terminal shows at most 50 lines per second and the number of lines omitted; "
		"\"continue > FILE\", a pipe and --json receive all lines.\n\n"
		"--count-by FIELD[,FIELD...] only counts hits. At newproc and goexit, the field go "
		"is the go statement that created the goroutine; see \"help counts\". \"help "
		"break\" describes LOCATION and EXPR.",
	.example = "trace goexit --count-by go if age < 10ms",
	.options = trace_options,
	.run = run_trace,
};
REGISTER_COMMAND(trace_command);
