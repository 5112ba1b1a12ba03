/* The command `commands`, and running command lists: see break_commands.h. */
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

/* Copies the list, because a command may change the list that it is part of. */
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

/* Runs the lines until one resumes or closes the target, or fails. */
static struct error *run_lines(struct session *session, int number, const struct block_lines *lines)
{
	struct break_session *breaks = session->breaks;
	struct script_position *caller = session->script;
	struct script_position position = {.name = lines->name, .caller = caller};
	struct error *err = NULL;
	breaks->in_commands = true;
	session->depth++; /* not top-level commands: Ctrl-C ends the whole list */
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
		/* The command may have closed the target, and with it the breakpoints. */
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

static struct error *set_commands(struct session *session, int number, struct block_lines *lines)
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

/* Finds the breakpoint by its number; without one, the breakpoint set last. */
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
			"breakpoint %d is a tracepoint and never stops the process: to run "
			"commands, use \"break\" and end the list with \"continue\"",
			breakpoint.number);
	if (!err)
		err = block_begin(session, breakpoint.number, set_commands);
	if (!err && session->interactive && !session->script)
		session_tell(session,
			"commands for breakpoint %d, one per line; \"end\" ends the list",
			breakpoint.number);
	return err;
}

static const struct command commands_command = {
	.name = "commands",
	.group = GROUP_BREAKPOINTS,
	.usage = "commands [N]",
	.summary = "Sets the commands to run when a breakpoint stops the process",
	.help = "The commands are the lines up to \"end\". N is the number of a "
		"breakpoint; the default is the newest. The goroutine that hit the "
		"breakpoint is selected before the commands run. \"continue\" ends the "
		"list and resumes the process; \"silent\" as the first line suppresses "
		"the usual output of a stop. An empty list removes the commands. The "
		"first command that fails ends the list, and the process stays "
		"stopped.\n\nThe limits of \"continue --for\" and \"--hits\" also count "
		"time and hits while the commands run. While \"ctx check\" runs the "
		"process for its grace period, breakpoints are disabled; only "
		"tracepoints with --count-by continue to count.",
	.example = "commands 1\n  bt --limit 5\n  continue\n  end",
	.max_words = 1,
	.needs_target = true,
	.while_running = true,
	.block = true,
	.complete = complete_first_breakpoint,
	.run = run_commands,
};
REGISTER_COMMAND(commands_command);
