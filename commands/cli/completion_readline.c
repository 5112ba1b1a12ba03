/* Passes completion candidates to readline: see completion_readline.h. */
#include "commands/cli/completion_readline.h"

#include <stdio.h>

#include <readline/readline.h>

#include "commands/cli/completion.h"

/* Readline calls back without an argument. NULL while there is no prompt. */
static struct session *prompt_session;

/* The longest common prefix of all candidates, which readline expects as the first match. */
static char *common_start(const struct completions *completions)
{
	size_t length = strlen(completions->items[0]);
	for (size_t i = 1; i < completions->count; i++) {
		size_t same = 0;
		while (same < length && completions->items[0][same] == completions->items[i][same])
			same++;
		length = same;
	}
	return strndup(completions->items[0], length);
}

/* Converts the candidates to readline's array, which readline frees. */
static char **take_matches(struct completions *completions)
{
	size_t count = completions->count;
	char **matches = calloc(count + 2, sizeof(*matches));
	if (!matches)
		return NULL;
	matches[0] = common_start(completions);
	if (!matches[0]) {
		free(matches);
		return NULL;
	}
	if (count > 1)
		for (size_t i = 0; i < count; i++)
			matches[i + 1] = take_pointer(completions->items[i]);
	return matches;
}

static char **on_complete(const char *text, int start, int end)
{
	(void)text;
	struct completions completions;
	size_t begin;
	rl_attempted_completion_over = 1;
	if (!prompt_session)
		return NULL;
	completion_collect(prompt_session, rl_line_buffer, (size_t)end, &completions, &begin);
	char **matches = NULL;
	if (completions.files)
		rl_attempted_completion_over = 0; /* readline completes file names itself */
	else if (completions.count && begin == (size_t)start)
		matches = take_matches(&completions);
	size_t length = matches ? strlen(matches[0]) : 0;
	/* No space after "--group=" and "labels[\"". */
	if (length && strchr("=\"", matches[0][length - 1]))
		rl_completion_append_character = '\0';
	completions_deinit(&completions);
	return matches;
}

/* The characters that end a word. As in our own scanner, '=' and ':' do not: they occur in options
 * and function names. In an expression operators end a word, and quotes have no meaning. */
static char *break_characters(void)
{
	static char breaks[] = " \t\n\"'|>", operators[] = " \t\n\"'`|>(<=!~&+-*/%)[]";
	bool expression =
		prompt_session && rl_point > 0 &&
		completion_in_expression(prompt_session, rl_line_buffer, (size_t)rl_point);
	rl_completer_quote_characters = expression ? NULL : "\"'";
	rl_basic_quote_characters = expression ? "" : "\"'"; /* readline closes these itself */
	return expression ? operators : breaks;
}

void completion_install(struct session *session)
{
	prompt_session = session;
	rl_attempted_completion_function = session ? on_complete : NULL;
	rl_completion_word_break_hook = session ? break_characters : NULL;
}
