/*
 * A command line taken apart as a shell would: quotes, backslashes, comments, and where the output
 * goes.
 *
 * 'single quotes' keep everything; "double quotes" keep everything but \" and \\; outside of quotes
 * a backslash keeps the next character. `>` and `>>` count as redirections only at the start of a
 * word, so that --where wait>5m does what it says.
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
	const char *
		destination; /* a file name, or the shell command after `|`; NULL for LINE_STDOUT */
};

/*
 * Takes `text` apart. ERROR_USAGE for an unfinished quote, a missing or dubious destination, too
 * many words. The strings live until line_deinit().
 */
struct error *line_init(struct line *line, const char *text);
/* The same, but double quotes that do not begin a word stay in it: m["key"]. */
struct error *line_init_expression(struct line *line, const char *text);
void line_deinit(struct line *line);

/*
 * Splits "PLACE --option if EXPR # comment" before the first word "if" that is not quoted.
 * `*ret_before` is what stands before it, `*ret_condition` EXPR as it is written (without a pair of
 * single quotes around all of it), or NULL when there is no "if". ERROR_USAGE when nothing follows.
 * Both are malloc'ed.
 */
struct error *line_split_condition(const char *text, char **ret_before, char **ret_condition);
/* That word "if", or NULL. */
const char *line_find_condition(const char *text);
/* The same trimming for a text that is all EXPR. */
struct error *line_take_condition(const char *text, char **ret);

/* Where a line that is still being typed ends, for completion. */
struct line_end {
	size_t word;  /* offset of the last word's first character (after a quote) */
	size_t index; /* how many words precede it */
	enum line_output
		kind; /* LINE_FILE: the last word is a file name; LINE_PIPE: a shell command */
	char quote;   /* the open quote or 0 */
};

struct line_end line_find_end(const char *text, size_t size);

#endif
