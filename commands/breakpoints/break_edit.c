/* The commands that change breakpoints: condition, ignore, enable, disable, delete. */
#include <ctype.h>
#include <inttypes.h>

#include "commands/breakpoints/break_change.h"
#include "commands/breakpoints/break_list.h"
#include "commands/session/line.h"
#include "commands/session/message.h"
#include "commands/session/registry.h"

/* Returns the breakpoints of the session, after checking that `number` exists. */
static struct error *check_number(struct session *session, int number, struct break_session **ret)
{
	struct breakpoint breakpoint;
	struct error *err = break_session_get_some(session, ret);
	return err ? err : break_session_find(*ret, number, &breakpoint);
}

/* ---- condition ---- */

/* Splits "N EXPR" or "N if EXPR"; `*ret_condition` is NULL if there is no EXPR. */
static struct error *parse_condition(const char *text, int *ret_number, char **ret_condition)
{
	char number[24];
	size_t length = 0;
	*ret_condition = NULL;
	while (text[length] && !isspace((unsigned char)text[length]))
		length++;
	snprintf(number, sizeof(number), "%.*s", (int)(length < 23 ? length : 23), text);
	struct error *err = break_session_parse_number(number, ret_number);
	if (err)
		return err;
	for (text += length; isspace((unsigned char)*text); text++)
		;
	if (!strncmp(text, "if", 2) && isspace((unsigned char)text[2]))
		text += 2;
	else if (!*text || *text == '#')
		return NULL;
	return line_take_condition(text, ret_condition);
}

static struct error *set_condition(struct session *session, const struct arguments *arguments)
{
	struct break_session *breaks;
	int number;
	_cleanup_free_ char *condition = NULL;
	struct error *err = parse_condition(arguments->rest, &number, &condition);
	if (!err)
		err = check_number(session, number, &breaks);
	if (!err)
		err = breakpoints_set_condition(breaks->breakpoints, number, condition);
	if (!err && !condition)
		session_tell(session, "breakpoint %d is now unconditional", number);
	return err;
}

static struct error *run_condition(struct session *session, const struct arguments *arguments)
{
	struct break_change change;
	struct error *err = break_change_begin(session, &change);
	return err ? err : break_change_end(session, &change, set_condition(session, arguments));
}

/* The fields at the location of a breakpoint, for completion; `before` is its number. */
static struct error *fields_of_breakpoint(
	struct session *session, const char *before, const struct expr_schema **ret)
{
	struct break_session *breaks;
	struct breakpoint breakpoint;
	int number;
	before += strspn(before, " \t");
	struct error *err = break_session_parse_number(before, &number);
	if (!err)
		err = break_session_get_some(session, &breaks);
	if (!err)
		err = break_session_find(breaks, number, &breakpoint);
	return err ? err : breakpoints_schema(breaks->breakpoints, breakpoint.what, ret);
}

static const char *const condition_aliases[] = {"cond", NULL};

static const struct command condition_command = {
	.name = "condition",
	.aliases = condition_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "condition N [EXPR]",
	.summary = "Sets the condition of a breakpoint, or removes it",
	.help = "EXPR extends to the end of the line; see \"help break\".",
	.example = "condition 1 labels[\"tenant\"] == \"acme\"",
	.raw = true,
	.min_words = 1,
	.needs_target = true,
	.while_running = true,
	.fields = fields_of_breakpoint,
	.run = run_condition,
};
REGISTER_COMMAND(condition_command);

/* ---- ignore ---- */

static struct error *ignore(struct session *session, const struct arguments *arguments)
{
	struct break_session *breaks;
	int number;
	uint64_t count;
	struct error *err = break_session_parse_number(arguments->words[0], &number);
	if (!err)
		err = argument_number(arguments->words[1], "the number of hits", &count);
	if (!err)
		err = check_number(session, number, &breaks);
	if (!err)
		err = breakpoints_ignore(breaks->breakpoints, number, count);
	if (!err && count)
		session_tell(session, "breakpoint %d ignores the next %" PRIu64 " hit%s", number,
			count, count == 1 ? "" : "s");
	else if (!err)
		session_tell(session, "breakpoint %d no longer ignores hits", number);
	return err;
}

static struct error *run_ignore(struct session *session, const struct arguments *arguments)
{
	struct break_change change;
	struct error *err = break_change_begin(session, &change);
	return err ? err : break_change_end(session, &change, ignore(session, arguments));
}

static const struct command ignore_command = {
	.name = "ignore",
	.group = GROUP_BREAKPOINTS,
	.usage = "ignore N COUNT",
	.summary = "Skips the next COUNT hits of a breakpoint that satisfy its condition",
	.example = "ignore 1 1000",
	.min_words = 2,
	.max_words = 2,
	.needs_target = true,
	.while_running = true,
	.complete = complete_first_breakpoint,
	.run = run_ignore,
};
REGISTER_COMMAND(ignore_command);

/* ---- enable, disable, delete ---- */

typedef struct error *(*change_function)(struct session *session, int number);

/* "3" or "3-5". */
static struct error *parse_range(const char *text, int *ret_first, int *ret_last)
{
	char first[24];
	const char *dash = strchr(text, '-');
	size_t length = dash ? (size_t)(dash - text) : strlen(text);
	snprintf(first, sizeof(first), "%.*s", (int)(length < 23 ? length : 23), text);
	struct error *err = break_session_parse_number(first, ret_first);
	*ret_last = err ? 0 : *ret_first;
	if (!err && dash)
		err = break_session_parse_number(dash + 1, ret_last);
	if (!dash || !err || err->code != ERROR_USAGE)
		return err;
	error_destroy(err);
	return error_create(
		ERROR_USAGE, "\"%s\" is not a range of breakpoint numbers such as 2-5", text);
}

/* Changes the existing breakpoints in a range. A single number must exist. */
static struct error *change_range(
	struct session *session, int first, int last, change_function change)
{
	const struct break_session *breaks = session->breaks;
	struct breakpoint breakpoint;
	struct error *err = NULL;
	if (first == last) {
		err = break_session_find(breaks, first, &breakpoint);
		return err ? err : change(session, first);
	}
	bool any = false;
	for (size_t i = 0; !err && breakpoints_get(breaks->breakpoints, i, &breakpoint);) {
		if (breakpoint.number < first || breakpoint.number > last) {
			i++;
			continue;
		}
		int number = breakpoint.number;
		any = true;
		err = change(session, number);
		/* After a deletion index i is the next breakpoint. */
		if (!err && breakpoints_get(breaks->breakpoints, i, &breakpoint) &&
			breakpoint.number == number)
			i++;
	}
	if (!err && !any)
		err = error_create(
			ERROR_NOT_FOUND, "there are no breakpoints from %d to %d", first, last);
	return err;
}

static struct error *change_stopped(
	struct session *session, const struct arguments *arguments, change_function function)
{
	struct break_session *breaks;
	struct error *err = break_session_get_some(session, &breaks);
	if (!err && !arguments->word_count)
		return change_range(session, 0, INT32_MAX, function);
	for (size_t i = 0; !err && i < arguments->word_count; i++) {
		int first, last;
		err = parse_range(arguments->words[i], &first, &last);
		if (!err)
			err = change_range(session, first, last, function);
	}
	return err;
}

static struct error *change(
	struct session *session, const struct arguments *arguments, change_function function)
{
	struct break_change change;
	struct error *err = break_change_begin(session, &change);
	return err ? err
		   : break_change_end(
			     session, &change, change_stopped(session, arguments, function));
}

static struct error *enable_one(struct session *session, int number)
{
	return breakpoints_enable(session->breaks->breakpoints, number, true);
}

static struct error *disable_one(struct session *session, int number)
{
	return breakpoints_enable(session->breaks->breakpoints, number, false);
}

static struct error *delete_one(struct session *session, int number)
{
	struct break_session *breaks = session->breaks;
	struct breakpoint breakpoint;
	struct error *err = break_session_find(breaks, number, &breakpoint);
	if (err)
		return err;
	session_tell(session, "deleted %s %d at %s%s%s",
		breakpoint.kind == BREAKPOINT_TRACE ? "tracepoint" : "breakpoint", number,
		breakpoint.what, breakpoint.condition ? " if " : "",
		breakpoint.condition ? breakpoint.condition : "");
	err = breakpoints_delete(breaks->breakpoints, number);
	if (!err)
		break_session_forget(breaks, number);
	return err;
}

static struct error *run_enable(struct session *session, const struct arguments *arguments)
{
	return change(session, arguments, enable_one);
}

static struct error *run_disable(struct session *session, const struct arguments *arguments)
{
	return change(session, arguments, disable_one);
}

static struct error *run_delete(struct session *session, const struct arguments *arguments)
{
	struct break_session *breaks;
	struct breakpoint breakpoint;
	size_t count = 0;
	struct error *err = break_session_get_some(session, &breaks);
	if (err)
		return err;
	while (breakpoints_get(breaks->breakpoints, count, &breakpoint))
		count++;
	if (!arguments->word_count && !argument_given(arguments, "yes") &&
		!session_confirm(session,
			count == 1 ? "delete the breakpoint?" : "delete all %zu breakpoints?",
			count))
		return error_create(ERROR_CANCELLED, "not deleted");
	return change(session, arguments, delete_one);
}

static const char *const enable_aliases[] = {"en", NULL};

static const struct command enable_command = {
	.name = "enable",
	.aliases = enable_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "enable [N | N-M]...",
	.summary = "Enables breakpoints; without a number, all of them",
	.example = "enable 1-3",
	.max_words = ARGUMENTS_MAX_WORDS,
	.needs_target = true,
	.while_running = true,
	.complete = complete_breakpoint,
	.run = run_enable,
};
REGISTER_COMMAND(enable_command);

static const char *const disable_aliases[] = {"dis", NULL};

static const struct command disable_command = {
	.name = "disable",
	.aliases = disable_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "disable [N | N-M]...",
	.summary = "Disables breakpoints without deleting them; without a number, all of them",
	.example = "disable 2",
	.max_words = ARGUMENTS_MAX_WORDS,
	.needs_target = true,
	.while_running = true,
	.complete = complete_breakpoint,
	.run = run_disable,
};
REGISTER_COMMAND(disable_command);

static const struct command_option delete_options[] = {
	{.name = "yes", .letter = 'y', .help = "do not ask for confirmation"},
	{0},
};

static const char *const delete_aliases[] = {"d", "del", "clear", "clearall", NULL};

static const struct command delete_command = {
	.name = "delete",
	.aliases = delete_aliases,
	.group = GROUP_BREAKPOINTS,
	.usage = "delete [N | N-M]... [--yes]",
	.summary = "Deletes breakpoints; without a number all, after confirmation at a prompt",
	.example = "delete 2 4-6",
	.options = delete_options,
	.max_words = ARGUMENTS_MAX_WORDS,
	.needs_target = true,
	.while_running = true,
	.complete = complete_breakpoint,
	.run = run_delete,
};
REGISTER_COMMAND(delete_command);
