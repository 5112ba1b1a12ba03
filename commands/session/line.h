/*
 * Splits a command line as a shell does: quotes, backslashes, comments, and the redirection of the
 * output.
 *
 * Text in 'single quotes' is literal; in "double quotes" only \" and \\ are escapes; outside quotes
 * a backslash escapes the next character. `>` and `>>` redirect only at the start of a word, so
 * that --where wait>5m is an expression.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_LINE_H
#define GCTXDBG_COMMANDS_SESSION_LINE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

enum line_output { LINE_STDOUT, LINE_FILE, LINE_APPEND, LINE_PIPE };

enum { LINE_MAX_WORDS = 128 };

struct line {
	char *buffer;			       /* holds the words */
	const char *words[LINE_MAX_WORDS + 1]; /* NULL-terminated */
	size_t word_count;
	enum line_output output;
	const char *destination; /* file name, or the shell command after `|`; NULL: LINE_STDOUT */
};

/*
 * Splits `text`. ERROR_USAGE for an unterminated quote, a missing or doubtful destination, and too
 * many words. Free with line_deinit(), also after an error; the strings are valid until then.
 */
struct error *line_init(struct line *line, const char *text);
/* The same, but double quotes inside a word are part of it: m["key"]. */
struct error *line_init_expression(struct line *line, const char *text);
void line_deinit(struct line *line);

/*
 * Splits "LOCATION --option if EXPR # comment" at the first unquoted word "if". `*ret_before` is
 * the text before it; `*ret_condition` is EXPR as written, without a pair of single quotes around
 * all of it, or NULL when there is no "if". Both are malloc'ed. ERROR_USAGE when no EXPR follows.
 */
struct error *line_split_condition(const char *text, char **ret_before, char **ret_condition);
/* The position of that word "if", or NULL. */
const char *line_find_condition(const char *text);
/* Trims a text that consists of EXPR only, in the same way; `*ret` is malloc'ed. */
struct error *line_take_condition(const char *text, char **ret);

/* The end of a line that is being typed, for completion. */
struct line_end {
	size_t word;  /* offset of the last word, after an opening quote */
	size_t index; /* number of words before it */
	enum line_output
		kind; /* LINE_FILE: the last word is a file name; LINE_PIPE: a shell command */
	char quote;   /* the open quote; 0: none */
};

struct line_end line_find_end(const char *text, size_t size);

#endif
