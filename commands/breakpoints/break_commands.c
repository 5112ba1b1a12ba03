/* `commands N`: lists of commands of breakpoints, taking them and running them. */
#include "commands/breakpoints/break_commands.h"

#include "commands/breakpoints/break_list.h"
#include "commands/session/message.h"
#include "commands/session/registry.h"
#include "commands/session/script.h"

bool break_commands_are_silent(const struct session *session, int number)
{
	const struct break_extra *extra = break_session_find_extra(session->breaks, number);
	return extra && extra->commands.count && !strcmp(extra->commands.items[0].text, "silent");
}

/* Copies them: a command may change the list that it is in. */
static struct error *copy_lines(const struct block_lines *lines, struct block_lines *ret)
{
	*ret = (struct block_lines){.name = lines->name ? strdup(lines->name) : NULL};
	if (!array_reserve(&ret->items, &ret->capacity, lines->count + 1))
		return error_no_memory();
	for (size_t i = 0; i < lines->count; i++) {
		ret->items[i] = lines->items[i];
		ret->items[i].text = strdup(lines->items[i].text);
		if (!ret->items[i].text)
			return error_no_memory();
		ret->count++;
	}
	return NULL;
}

/* Runs the lines until one lets the process run, ends it or fails. */
static struct error *run_lines(struct session *session, int number, const struct block_lines *lines)
{
	struct break_session *breaks = session->breaks;
	struct script_position *caller = session->script;
	struct script_position position = {.name = lines->name, .caller = caller};
	struct error *err = NULL;
	breaks->in_commands = true;
	session->depth++; /* none of them is what was typed: Ctrl-C ends the list */
	for (size_t i = 0; !err && i < lines->count; i++) {
		const char *text = lines->items[i].text;
		if (!i && !strcmp(text, "silent"))
			continue;
		position.line = lines->items[i].number;
		if (lines->name)
			session->script = &position;
		err = session_execute(session, text);
		if (err && err->code == ERROR_FINDINGS)
			session_settle(session, take_pointer(err));
		session->script = caller;
		if (err && lines->name)
			err = error_wrap(err, "%s:%u", lines->name, position.line);
		else if (err)
			err = error_wrap(err, "commands of breakpoint %d: %s", number, text);
		/* It may have left the target, and the breakpoints with it. */
		if (session->breaks != breaks || session->continue_requested || session->quit ||
			session->cancel)
			break;
	}
	session->depth--;
	if (session->breaks == breaks)
		breaks->in_commands = false;
	return err;
}

struct error *break_commands_run(struct session *session, int number, bool *ret_go_on)
{
	struct break_session *breaks = session->breaks;
	struct break_extra *extra = break_session_find_extra(breaks, number);
	struct block_lines lines = {0};
	*ret_go_on = false;
	if (!extra || !extra->commands.count)
		return NULL;
	session->continue_requested = false;
	struct error *err = copy_lines(&extra->commands, &lines);
	if (!err)
		err = run_lines(session, number, &lines);
	block_lines_deinit(&lines);
	if (session->breaks != breaks)
		return err;
	*ret_go_on = !err && session->continue_requested;
	session->continue_requested = false;
	return err;
}

static struct error *take_commands(struct session *session, int number, struct block_lines *lines)
{
	struct break_session *breaks;
	struct breakpoint breakpoint;
	struct error *err = break_session_get(session, &breaks);
	if (!err)
		err = break_session_find(breaks, number, &breakpoint);
	if (err)
		return err;
	struct break_extra *extra = break_session_extra(breaks, number);
	if (!extra)
		return error_no_memory();
	block_lines_deinit(&extra->commands);
	extra->commands = *lines;
	*lines = (struct block_lines){0};
	return NULL;
}

/* The breakpoint that is named, or the one made last. */
static struct error *find_for_commands(
	struct break_session *breaks, const struct arguments *arguments, struct breakpoint *ret)
{
	if (!arguments->word_count) {
		struct breakpoint next;
		for (size_t i = 0; breakpoints_get(breaks->breakpoints, i, &next); i++)
			*ret = next;
		return NULL;
	}
	int number;
	struct error *err = break_session_parse_number(arguments->words[0], &number);
	return err ? err : break_session_find(breaks, number, ret);
}

static struct error *run_commands(struct session *session, const struct arguments *arguments)
{
	struct break_session *breaks;
	struct breakpoint breakpoint;
	struct error *err = break_session_get_some(session, &breaks);
	if (!err)
		err = find_for_commands(breaks, arguments, &breakpoint);
	if (!err && breakpoint.kind == BREAKPOINT_TRACE)
		err = error_create(ERROR_USAGE,
			"%d is a tracepoint, which never stops: use break, with continue as the "
			"last of its commands",
			breakpoint.number);
	if (!err)
		err = block_begin(session, breakpoint.number, take_commands);
	if (!err && session->interactive && !session->script)
		session_tell(session, "commands for breakpoint %d, a line each; \"end\" ends them",
			breakpoint.number);
	return err;
}

static const struct command commands_command = {
	.name = "commands",
	.group = GROUP_BREAKPOINTS,
	.usage = "commands [N]",
	.summary = "Gives a breakpoint commands to run whenever it stops: lines up to \"end\"",
	.help = "Without N, to the one made last. They run with the goroutine selected that hit "
		"it. "
		"\"continue\" ends them and lets the process run on; \"silent\" as the first line "
		"leaves out what a stop tells otherwise. No line before \"end\" takes the commands "
		"away. The first command that fails ends them, and the process stays stopped.\n"
		"\n"
		"The time and the hits of \"continue --for\" and \"--hits\" go on counting "
		"meanwhile. While \"ctx check\" lets the process run for its grace, no breakpoint "
		"is met; only tracepoints with --count-by go on counting.",
	.example = "commands 1",
	.max_words = 1,
	.needs_target = true,
	.block = true,
	.complete = complete_first_breakpoint,
	.run = run_commands,
};
REGISTER_COMMAND(commands_command);
