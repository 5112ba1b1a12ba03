/* `list`: source lines around the selected frame, a line or a function. */
#include "commands/session/registry.h"
#include "commands/goroutines/complete_target.h"
#include "commands/goroutines/selection.h"
#include "commands/render/source_lines.h"
#include "dbg/go/stacks/function.h"

/* Parses FILE:LINE; `*ret_file` is malloc'ed. */
static bool parse_location(const char *text, char **ret_file, uint64_t *ret_line)
{
	const char *colon = strrchr(text, ':');
	if (!colon || colon == text)
		return false;
	struct error *err = argument_number(colon + 1, "line", ret_line);
	if (err) {
		error_destroy(err);
		return false;
	}
	*ret_file = strndup(text, (size_t)(colon - text));
	return *ret_file != NULL;
}

static struct error *read_named(
	struct session *session, const char *text, int around, struct source_lines *ret)
{
	_cleanup_free_ char *file = NULL;
	uint64_t line;
	if (parse_location(text, &file, &line)) {
		if (line > INT32_MAX - 10000)
			return error_create(ERROR_USAGE, "%s: the line number is too large", text);
		const char *found;
		struct error *err = program_find_file(session->program, file, &found);
		if (!err)
			err = source_lines_read(
				session->settings.source_path, found, (int)line, around, ret);
		if (!err)
			ret->marked = (int)line;
		return err;
	}
	struct code_location location;
	struct error *err = program_find_function(session->program, text, &location);
	if (!err)
		err = source_lines_read(session->settings.source_path, location.file,
			location.line + around, around, ret);
	if (!err)
		ret->marked = location.line;
	return err;
}

static struct error *read_selected(struct session *session, int around, struct source_lines *ret)
{
	struct selected selected;
	const struct frame *frame;
	struct error *err = selected_load(session, 0, &selected);
	if (err)
		return err;
	err = selected_frame(session, &selected, &frame);
	if (!err && (!frame->file || frame->line <= 0))
		err = error_create(
			ERROR_NOT_FOUND, "the source line of %s is unknown", frame->function);
	if (!err)
		err = source_lines_read(
			session->settings.source_path, frame->file, frame->line, around, ret);
	if (!err)
		ret->marked = frame->line;
	selected_deinit(&selected);
	return err;
}

static struct error *list_run(struct session *session, const struct arguments *arguments)
{
	int around = session->settings.list_lines ? (int)session->settings.list_lines / 2 : 5;
	struct source_lines lines;
	struct error *err = arguments->word_count
				    ? read_named(session, arguments->words[0], around, &lines)
				    : read_selected(session, around, &lines);
	if (err)
		return err;
	if (argument_given(arguments, "json"))
		err = source_lines_json(&session->out, &lines);
	else
		source_lines_text(&session->out, &lines);
	source_lines_deinit(&lines);
	return err;
}

static void complete(struct session *session, size_t word_index, const char *word,
	struct completions *candidates)
{
	if (word_index == 0 && session->program)
		complete_function(session, word, candidates);
}

static const struct command_option options[] = {
	{"json", 0, NULL, "print one JSON document", NULL},
	{NULL, 0, NULL, NULL, NULL},
};

static const char *const aliases[] = {"l", NULL};

static const struct command list_command = {
	.name = "list",
	.aliases = aliases,
	.group = GROUP_DATA,
	.usage = "list [FUNC | FILE:LINE] [--json]",
	.options = options,
	.summary = "Prints the source around the selected frame, a function or a line",
	.help = "FILE may be the end of a path, as shown in stacks. The source must be on this "
		"machine. If it is not at the path recorded in the binary, map the path with "
		"\"set source-path FROM=TO\".",
	.example = "list main.worker",
	.max_words = 1,
	.needs_target = true,
	.complete = complete,
	.run = list_run,
};
REGISTER_COMMAND(list_command);
