/* Splits command lines; one scanner serves both execution and completion: see line.h. */
#include "commands/session/line.h"

#include <ctype.h>

/* What the scanner found. */
enum token { TOKEN_END, TOKEN_WORD, TOKEN_FILE, TOKEN_APPEND, TOKEN_PIPE };

struct scanner {
	const char *at, *end;
	const char *word; /* start of the last word, after its opening quote */
	char quote;	  /* the quote that the last word left open; 0: none */
	bool dangling;	  /* the text ended after a backslash */
	bool expression;  /* see line_init_expression() */
	bool kept;	  /* the open quote is part of the word */
};

static enum token next_token(struct scanner *scanner)
{
	while (scanner->at < scanner->end && isspace((unsigned char)*scanner->at))
		scanner->at++;
	if (scanner->at == scanner->end || *scanner->at == '#')
		return TOKEN_END;
	if (*scanner->at == '|') {
		scanner->at++;
		return TOKEN_PIPE;
	}
	if (*scanner->at != '>')
		return TOKEN_WORD;
	scanner->at++;
	if (scanner->at == scanner->end || *scanner->at != '>')
		return TOKEN_FILE;
	scanner->at++;
	return TOKEN_APPEND;
}

/* Skips one word, and writes it without quotes and escapes to `*out` unless that is NULL. */
static void scan_word(struct scanner *scanner, char **out)
{
	scanner->word = scanner->at;
	scanner->quote = 0;
	for (; scanner->at < scanner->end; scanner->at++) {
		char c = *scanner->at;
		if (!scanner->quote && (isspace((unsigned char)c) || c == '|'))
			return;
		if (!scanner->quote && (c == '"' || c == '\'')) {
			scanner->quote = c;
			scanner->kept =
				scanner->expression && c == '"' && scanner->word != scanner->at;
			if (scanner->word == scanner->at)
				scanner->word++;
			if (!scanner->kept)
				continue;
		} else if (c == scanner->quote) {
			scanner->quote = 0;
			if (!scanner->kept)
				continue;
		} else if (scanner->quote && scanner->kept) {
			/* Keep escapes: the expression parser handles them. */
			if (c == '\\' && scanner->at + 1 < scanner->end) {
				if (out)
					*(*out)++ = c;
				c = *++scanner->at;
			}
		} else if (c == '\\' && scanner->quote != '\'') {
			if (scanner->at + 1 == scanner->end) {
				scanner->dangling = true;
				continue;
			}
			char next = scanner->at[1];
			if (!scanner->quote || next == '"' || next == '\\')
				c = *++scanner->at;
		}
		if (out)
			*(*out)++ = c;
	}
}

/* Scans the next word into the buffer at `*out`, with a NUL. */
static struct error *take_word(struct scanner *scanner, char **out, const char **ret)
{
	*ret = *out;
	scan_word(scanner, out);
	*(*out)++ = 0;
	if (scanner->quote)
		return error_create(ERROR_USAGE, "unterminated quote: the closing %c is missing",
			scanner->quote);
	if (scanner->dangling)
		return error_create(ERROR_USAGE, "the line ends with a backslash");
	return NULL;
}

static struct error *parse_file(struct line *line, struct scanner *scanner, char **out)
{
	const char *sign = line->output == LINE_APPEND ? ">>" : ">";
	if (next_token(scanner) != TOKEN_WORD)
		return error_create(ERROR_USAGE, "\"%s\" needs a file name", sign);
	const char *raw = scanner->at;
	struct error *err = take_word(scanner, out, &line->destination);
	if (err)
		return err;
	/* `--where wait > 5m` without quotes would create a file named 5m. */
	if (isdigit((unsigned char)*raw) || *raw == '=')
		return error_create(ERROR_USAGE,
			"\"%s %s\" would write to a file of that name: put the expression in "
			"quotes, or write \"%s ./%s\" for the file",
			sign, line->destination, sign, line->destination);
	if (next_token(scanner) != TOKEN_END)
		return error_create(ERROR_USAGE, "only one file name may follow \"%s\"", sign);
	return NULL;
}

static struct error *parse_pipe(struct line *line, struct scanner *scanner, char **out)
{
	if (scanner->at < scanner->end && *scanner->at == '|')
		return error_create(
			ERROR_USAGE, "\"||\" outside quotes: put the expression in quotes");
	while (scanner->at < scanner->end && isspace((unsigned char)*scanner->at))
		scanner->at++;
	if (scanner->at == scanner->end)
		return error_create(ERROR_USAGE, "\"|\" needs a shell command");
	line->destination = *out;
	size_t size = (size_t)(scanner->end - scanner->at);
	memcpy(*out, scanner->at, size);
	(*out)[size] = 0;
	return NULL;
}

static struct error *parse(struct line *line, struct scanner *scanner, char *out)
{
	for (;;) {
		enum token token = next_token(scanner);
		switch (token) {
		case TOKEN_END:
			return NULL;
		case TOKEN_FILE:
		case TOKEN_APPEND:
			line->output = token == TOKEN_FILE ? LINE_FILE : LINE_APPEND;
			return parse_file(line, scanner, &out);
		case TOKEN_PIPE:
			line->output = LINE_PIPE;
			return parse_pipe(line, scanner, &out);
		case TOKEN_WORD:
			break;
		}
		if (line->word_count == LINE_MAX_WORDS)
			return error_create(
				ERROR_USAGE, "more than %d words in one command", LINE_MAX_WORDS);
		struct error *err = take_word(scanner, &out, &line->words[line->word_count]);
		if (err)
			return err;
		line->word_count++;
	}
}

static struct error *line_init_as(struct line *line, const char *text, bool expression)
{
	*line = (struct line){0};
	size_t size = strlen(text);
	/* A word is no longer than its text, but needs a NUL. */
	line->buffer = size < SIZE_MAX / 4 ? malloc(2 * size + 2) : NULL;
	if (!line->buffer)
		return error_no_memory();
	struct scanner scanner = {.at = text, .end = text + size, .expression = expression};
	struct error *err = parse(line, &scanner, line->buffer);
	line->words[line->word_count] = NULL;
	return err;
}

struct error *line_init(struct line *line, const char *text)
{
	return line_init_as(line, text, false);
}

struct error *line_init_expression(struct line *line, const char *text)
{
	return line_init_as(line, text, true);
}

void line_deinit(struct line *line)
{
	free(line->buffer);
	*line = (struct line){0};
}

struct line_end line_find_end(const char *text, size_t size)
{
	struct scanner scanner = {.at = text, .end = text + size};
	struct line_end end = {.word = size};
	while (scanner.at < scanner.end) {
		enum token token = next_token(&scanner);
		end.word = (size_t)(scanner.at - text);
		if (token == TOKEN_END)
			break;
		if (token == TOKEN_PIPE) {
			end.kind = LINE_PIPE;
			break;
		}
		if (token != TOKEN_WORD) {
			end.kind = LINE_FILE;
			continue;
		}
		scan_word(&scanner, NULL);
		end.word = (size_t)(scanner.word - text);
		end.quote = scanner.quote;
		if (scanner.at == scanner.end)
			break;
		end.index++;
		end.word = size;
	}
	return end;
}

/* ---- Conditions, kept as written: quotes and > belong to the expression ---- */

/* Returns the end of the quoted text at `at`; the end of the text if the quote is not closed. */
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

/* Returns the end of the condition at `text`: before trailing blanks and a comment. */
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
	/* 'EXPR' in quotes, as for --where. */
	if (*text == '\'' && end - text >= 2 && skip_quoted(text) == end && end[-1] == '\'') {
		text++;
		end--;
	}
	if (end == text)
		return error_create(
			ERROR_USAGE, "the condition after \"if\" is missing; see \"help where\"");
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
