/* Parses access expressions: see access.h. */
#include "dbg/expr/access.h"

#include "dbg/expr/diagnose.h"
#include "dbg/expr/lexer.h"
#include "dbg/expr/literals.h"

enum { MAX_STEPS = 1024 };

struct parser {
	struct access *access;
	const char *text;
	size_t at;
	unsigned depth;
};

static struct error *parse_unary(struct parser *parser);

static void skip_space(struct parser *parser)
{
	while (parser->text[parser->at] == ' ' || parser->text[parser->at] == '\t')
		parser->at++;
}

/* The next character that is not a blank. */
static char peek(struct parser *parser)
{
	skip_space(parser);
	return parser->text[parser->at];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters of any script, as in Go. */
static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
	       (unsigned char)c >= 0x80;
}

/* "~r0" is an unnamed result. */
static bool starts_name(char c)
{
	return (is_name_character(c) && !is_digit(c)) || c == '~';
}

static struct error *add_step(struct parser *parser, struct access_step step)
{
	struct access *access = parser->access;
	if (access->count == MAX_STEPS)
		return expr_diagnose(
			parser->text, step.offset, NULL, "the expression has too many steps");
	if (!array_reserve(&access->steps, &access->capacity, access->count + 1))
		return error_no_memory();
	access->steps[access->count++] = step;
	return NULL;
}

/* Stores the text from `start` to `end` as the name of a step. */
static void keep_name(struct parser *parser, size_t start, size_t end, struct access_step *step)
{
	struct access *access = parser->access;
	char *name = access->pool + access->pool_used;
	memcpy(name, parser->text + start, end - start);
	name[end - start] = 0;
	access->pool_used += end - start + 1;
	step->name = name;
	step->name_size = end - start;
}

static struct error *unexpected(struct parser *parser, const char *wanted)
{
	skip_space(parser);
	const char *text = parser->text;
	if (!text[parser->at])
		return expr_diagnose(
			text, parser->at, NULL, "expected %s, but the expression ends", wanted);
	size_t end = parser->at + 1;
	while (((unsigned char)text[end] & 0xc0) == 0x80)
		end++;
	struct expr_excerpt excerpt = expr_excerpt(text, parser->at, end);
	return expr_diagnose(
		text, parser->at, NULL, "expected %s, found \"%s\"", wanted, excerpt.text);
}

static struct error *expect(struct parser *parser, char c, const char *name)
{
	if (peek(parser) != c)
		return unexpected(parser, name);
	parser->at++;
	return NULL;
}

static struct error *parse_name(struct parser *parser, enum access_kind kind)
{
	struct access_step step = {.kind = kind, .offset = parser->at};
	if (!starts_name(peek(parser)))
		return unexpected(parser, "a name");
	step.offset = parser->at++;
	while (is_name_character(parser->text[parser->at]))
		parser->at++;
	keep_name(parser, step.offset, parser->at, &step);
	return add_step(parser, step);
}

/* The end of a name such as "net/http.DefaultClient" at `at`; 0 without a path with a slash. */
static size_t scan_path(const char *text, size_t at)
{
	size_t slash = 0, end = at;
	for (; is_name_character(text[end]) || (text[end] && strchr("./-~%", text[end])); end++)
		if (text[end] == '/')
			slash = end;
	if (!slash)
		return 0;
	const char *dot = memchr(text + slash, '.', end - slash);
	if (!dot || !starts_name(dot[1]))
		return 0;
	for (end = (size_t)(dot - text) + 1; is_name_character(text[end]);)
		end++;
	return end;
}

static struct error *parse_number(struct parser *parser, int64_t *ret)
{
	bool negative = peek(parser) == '-';
	size_t start = parser->at;
	parser->at += negative;
	struct expr_token token;
	struct expr_value value;
	if (!is_digit(peek(parser)))
		return unexpected(parser, "a number");
	struct error *err = expr_lex(parser->text, parser->at, &token);
	if (!err)
		err = expr_literal_number(parser->text, token.start, token.end, negative, &value);
	if (!err && value.type != EXPR_INT)
		err = expr_diagnose(parser->text, start, NULL, "expected an integer");
	if (!err && value.large)
		err = expr_diagnose(parser->text, start, NULL, "the number is out of range");
	if (err)
		return err;
	*ret = value.integer;
	parser->at = token.end;
	return NULL;
}

/* ---- After an operand ---- */

static struct error *parse_string_key(struct parser *parser, struct access_step *step)
{
	struct access *access = parser->access;
	struct expr_token token;
	struct error *err = expr_lex(parser->text, parser->at, &token);
	char *name = access->pool + access->pool_used;
	if (!err)
		err = expr_literal_string(
			parser->text, token.start, token.end, name, &step->name_size);
	if (err)
		return err;
	step->kind = ACCESS_KEY;
	step->name = name;
	access->pool_used += step->name_size + 1;
	parser->at = token.end;
	return NULL;
}

static bool take_word(struct parser *parser, const char *word)
{
	size_t size = strlen(word);
	if (strncmp(parser->text + parser->at, word, size) != 0 ||
		is_name_character(parser->text[parser->at + size]))
		return false;
	parser->at += size;
	return true;
}

static struct error *parse_bounds(struct parser *parser, struct access_step *step)
{
	struct error *err = NULL;
	step->low = step->high = -1;
	step->kind = ACCESS_INDEX;
	if (peek(parser) != ':')
		err = parse_number(parser, &step->low);
	if (err || peek(parser) != ':')
		return err;
	parser->at++;
	if (step->low < 0 && step->low != -1)
		return expr_diagnose(
			parser->text, step->offset, NULL, "a slice cannot begin before 0");
	step->kind = ACCESS_SLICE;
	if (peek(parser) != ']')
		err = parse_number(parser, &step->high);
	return err;
}

static struct error *parse_index(struct parser *parser)
{
	struct access_step step = {.offset = parser->at++};
	struct error *err = NULL;
	char c = peek(parser);
	if (c == '"' || c == '`') {
		err = parse_string_key(parser, &step);
	} else if (take_word(parser, "true")) {
		step.kind = ACCESS_BOOL;
		step.low = 1;
	} else if (take_word(parser, "false")) {
		step.kind = ACCESS_BOOL;
	} else {
		err = parse_bounds(parser, &step);
	}
	if (!err)
		err = expect(parser, ']', "\"]\"");
	return err ? err : add_step(parser, step);
}

/* Skips a type in parentheses, which open at `start`; `*ret_end` is after the closing one. False if
 * they do not match. */
static bool scan_type(const char *text, size_t start, size_t *ret_end)
{
	unsigned open = 0;
	for (size_t at = start; text[at]; at++) {
		if (strchr("([{", text[at]))
			open++;
		else if (strchr(")]}", text[at]) && --open == 0) {
			*ret_end = at + 1;
			return text[at] == ')';
		}
	}
	return false;
}

static void keep_type(struct parser *parser, size_t start, size_t end, struct access_step *step)
{
	while (start < end && parser->text[start] == ' ')
		start++;
	while (end > start && parser->text[end - 1] == ' ')
		end--;
	step->offset = start;
	keep_name(parser, start, end, step);
}

static struct error *parse_assertion(struct parser *parser)
{
	struct access_step step = {.kind = ACCESS_ASSERT, .offset = parser->at};
	size_t end;
	if (!scan_type(parser->text, parser->at, &end))
		return expr_diagnose(parser->text, parser->at, NULL, "\"(\" without a \")\"");
	keep_type(parser, parser->at + 1, end - 1, &step);
	parser->at = end;
	if (!step.name_size)
		return expr_diagnose(parser->text, step.offset, NULL, "expected a type");
	return add_step(parser, step);
}

static struct error *parse_postfix(struct parser *parser)
{
	struct error *err = NULL;
	while (!err) {
		char c = peek(parser);
		if (c == '[') {
			err = parse_index(parser);
		} else if (c == '.') {
			parser->at++;
			err = peek(parser) == '(' ? parse_assertion(parser)
						  : parse_name(parser, ACCESS_FIELD);
		} else {
			break;
		}
	}
	return err;
}

/* ---- Operands and prefix operators ---- */

static struct error *parse_parentheses(struct parser *parser)
{
	size_t start = parser->at, end;
	if (scan_type(parser->text, start, &end) && parser->text[end] == '(') {
		/* The language has no calls, so this is a conversion. */
		struct access_step step = {.kind = ACCESS_CAST};
		keep_type(parser, start + 1, end - 1, &step);
		if (!step.name_size)
			return expr_diagnose(parser->text, start, NULL, "expected a type");
		parser->at = end + 1;
		struct error *err = parse_unary(parser);
		if (!err)
			err = expect(parser, ')', "\")\"");
		return err ? err : add_step(parser, step);
	}
	parser->at++;
	struct error *err = parse_unary(parser);
	return err ? err : expect(parser, ')', "\")\"");
}

/* len(…) or cap(…), the only functions. */
static struct error *parse_call(struct parser *parser, enum access_kind kind, size_t offset)
{
	struct access_step step = {.kind = kind, .offset = offset};
	struct error *err = expect(parser, '(', "\"(\"");
	if (!err)
		err = parse_unary(parser);
	if (!err)
		err = expect(parser, ')', "\")\"");
	return err ? err : add_step(parser, step);
}

/* Takes the name of a function if a call follows. */
static bool take_function(struct parser *parser, enum access_kind *ret)
{
	size_t start = parser->at;
	*ret = ACCESS_LENGTH;
	if (!take_word(parser, "len")) {
		*ret = ACCESS_CAPACITY;
		if (!take_word(parser, "cap"))
			return false;
	}
	if (peek(parser) == '(')
		return true;
	parser->at = start;
	return false;
}

static struct error *parse_operand(struct parser *parser)
{
	char c = peek(parser);
	struct error *err;
	enum access_kind call;
	size_t offset = parser->at;
	if (take_function(parser, &call))
		return parse_call(parser, call, offset);
	size_t path = starts_name(c) ? scan_path(parser->text, parser->at) : 0;
	if (c == '(') {
		err = parse_parentheses(parser);
	} else if (path) {
		struct access_step step = {.kind = ACCESS_NAME, .offset = parser->at};
		keep_name(parser, parser->at, path, &step);
		parser->at = path;
		err = add_step(parser, step);
	} else if (is_digit(c)) {
		struct access_step step = {.kind = ACCESS_NUMBER, .offset = parser->at};
		err = parse_number(parser, &step.low);
		if (!err)
			err = add_step(parser, step);
	} else if (starts_name(c)) {
		err = parse_name(parser, ACCESS_NAME);
	} else {
		err = unexpected(parser, "a variable");
	}
	return err ? err : parse_postfix(parser);
}

static struct error *parse_unary(struct parser *parser)
{
	char c = peek(parser);
	size_t offset = parser->at;
	if (parser->depth == EXPR_MAX_DEPTH)
		return expr_diagnose(
			parser->text, offset, NULL, "the expression is nested too deeply");
	parser->depth++;
	struct error *err;
	if (c == '*' || c == '&') {
		parser->at++;
		err = parse_unary(parser);
		struct access_step step = {
			.kind = c == '*' ? ACCESS_DEREFERENCE : ACCESS_ADDRESS, .offset = offset};
		if (!err)
			err = add_step(parser, step);
	} else {
		err = parse_operand(parser);
	}
	parser->depth--;
	return err;
}

struct error *access_parse(const char *text, struct access *ret)
{
	*ret = (struct access){0};
	size_t size = strlen(text);
	if (size > EXPR_MAX_TEXT)
		return error_create(ERROR_USAGE,
			"the expression is %zu bytes long; the limit is %d", size, EXPR_MAX_TEXT);
	ret->text = strdup(text);
	/* Each name is a part of the text plus a NUL, which replaces at least one separator. */
	ret->pool = malloc(2 * size + 2);
	if (!ret->text || !ret->pool)
		return error_no_memory();
	struct parser parser = {.access = ret, .text = ret->text};
	struct error *err = parse_unary(&parser);
	if (!err && peek(&parser))
		err = unexpected(&parser, "the end");
	return err;
}

void access_deinit(struct access *access)
{
	free(access->text);
	free(access->steps);
	free(access->pool);
	*access = (struct access){0};
}
