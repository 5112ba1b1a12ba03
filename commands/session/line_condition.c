/* The condition at the end of a command line, which is kept as it is written: quotes and > are its
 * own. */
#include "commands/session/line.h"

#include <ctype.h>

/* The end of the quoted text that begins at `at`, or of the whole text. */
static const char *skip_quoted(const char *at)
{
	char quote = *at++;
	while (*at && *at != quote) {
		if (*at == '\\' && quote == '"' && at[1])
			at++;
		at++;
	}
	return *at ? at + 1 : at;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

const char *line_find_condition(const char *text)
{
	const char *at = text;
	while (*at && *at != '#') {
		const char *start = at;
		while (*at && !isspace((unsigned char)*at))
			at = is_quote(*at) ? skip_quoted(at) : at + 1;
		if (at - start == 2 && !strncmp(start, "if", 2))
			return start;
		while (isspace((unsigned char)*at))
			at++;
	}
	return NULL;
}

/* Where the condition at `text` ends: before blanks and a comment. */
static const char *find_end(const char *text)
{
	const char *at = text, *end = text;
	while (*at && !(*at == '#' && (at == text || isspace((unsigned char)at[-1])))) {
		at = is_quote(*at) ? skip_quoted(at) : at + 1;
		if (!isspace((unsigned char)at[-1]))
			end = at;
	}
	return end;
}

struct error *line_take_condition(const char *text, char **ret)
{
	while (isspace((unsigned char)*text))
		text++;
	const char *end = find_end(text);
	/* 'EXPR', as it is written for --where. */
	if (*text == '\'' && end - text >= 2 && skip_quoted(text) == end && end[-1] == '\'') {
		text++;
		end--;
	}
	if (end == text)
		return error_create(ERROR_USAGE,
			"a condition is missing: if EXPR (\"help where\" tells what it may be)");
	*ret = strndup(text, (size_t)(end - text));
	return *ret ? NULL : error_no_memory();
}

struct error *line_split_condition(const char *text, char **ret_before, char **ret_condition)
{
	const char *word = line_find_condition(text);
	*ret_condition = NULL;
	*ret_before = word ? strndup(text, (size_t)(word - text)) : strdup(text);
	if (!*ret_before)
		return error_no_memory();
	return word ? line_take_condition(word + 2, ret_condition) : NULL;
}
