/* Splits the text of an expression into tokens: see lexer.h. */
#include "dbg/expr/lexer.h"

#include "dbg/expr/diagnose.h"

/* The functions of ctype.h depend on the locale; the language does not. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* U+00B5 and U+03BC: both are used for "micro". */
static bool is_micro(const char *p)
{
	return !strncmp(p, "\xc2\xb5", 2) || !strncmp(p, "\xce\xbc", 2);
}

/* A name may contain dots: job.id. */
static size_t scan_name(const char *text, size_t at)
{
	while (is_letter(text[at]) || is_digit(text[at]) ||
		(text[at] == '.' && is_letter(text[at + 1])))
		at++;
	return at;
}

/* Scans everything that could belong to a number; expr_literal_number() checks it. */
static size_t scan_number(const char *text, size_t at)
{
	bool prefixed = text[at] == '0' && is_letter(text[at + 1]);
	for (;;) {
		char c = text[at];
		bool exponent = !prefixed && (c == 'e' || c == 'E');
		if (exponent && (text[at + 1] == '-' || text[at + 1] == '+') &&
			is_digit(text[at + 2]))
			at += 2;
		else if (is_digit(c) || is_letter(c) || c == '.')
			at++;
		else if (is_micro(text + at))
			at += 2;
		else
			return at;
	}
}

static struct error *scan_string(const char *text, size_t start, size_t *ret)
{
	char quote = text[start];
	for (size_t at = start + 1; text[at] && (quote == '`' || text[at] != '\n'); at++) {
		if (text[at] == quote) {
			*ret = at + 1;
			return NULL;
		}
		if (quote == '"' && text[at] == '\\' && text[at + 1] && text[at + 1] != '\n')
			at++;
	}
	return expr_diagnose(text, start, NULL, "unterminated string: no closing %c", quote);
}

static bool scan_operator(const char *text, struct expr_token *ret)
{
	/* Longest first. */
	static const struct {
		const char *text;
		enum expr_token_kind kind;
		enum expr_operator op;
	} operators[] = {
		{"||", EXPR_TOKEN_OPERATOR, EXPR_OP_OR},
		{"&&", EXPR_TOKEN_OPERATOR, EXPR_OP_AND},
		{"==", EXPR_TOKEN_OPERATOR, EXPR_OP_EQ},
		{"!=", EXPR_TOKEN_OPERATOR, EXPR_OP_NE},
		{"<=", EXPR_TOKEN_OPERATOR, EXPR_OP_LE},
		{">=", EXPR_TOKEN_OPERATOR, EXPR_OP_GE},
		{"=~", EXPR_TOKEN_OPERATOR, EXPR_OP_MATCH},
		{"!~", EXPR_TOKEN_OPERATOR, EXPR_OP_NOT_MATCH},
		{"<", EXPR_TOKEN_OPERATOR, EXPR_OP_LT},
		{">", EXPR_TOKEN_OPERATOR, EXPR_OP_GT},
		{"+", EXPR_TOKEN_OPERATOR, EXPR_OP_ADD},
		{"-", EXPR_TOKEN_OPERATOR, EXPR_OP_SUB},
		{"*", EXPR_TOKEN_OPERATOR, EXPR_OP_MUL},
		{"/", EXPR_TOKEN_OPERATOR, EXPR_OP_DIV},
		{"%", EXPR_TOKEN_OPERATOR, EXPR_OP_MOD},
		{"!", EXPR_TOKEN_OPERATOR, EXPR_OP_NOT},
		{"(", EXPR_TOKEN_OPEN, EXPR_OP_NOT},
		{")", EXPR_TOKEN_CLOSE, EXPR_OP_NOT},
		{"[", EXPR_TOKEN_OPEN_BRACKET, EXPR_OP_NOT},
		{"]", EXPR_TOKEN_CLOSE_BRACKET, EXPR_OP_NOT},
	};
	for (size_t i = 0; i < array_length(operators); i++) {
		size_t size = strlen(operators[i].text);
		if (!strncmp(text + ret->start, operators[i].text, size)) {
			ret->kind = operators[i].kind;
			ret->op = operators[i].op;
			ret->end = ret->start + size;
			return true;
		}
	}
	return false;
}

/* A hint for syntax that other languages use. */
static const char *hint_for(char c)
{
	switch (c) {
	case '=':
		return "write == to compare";
	case '&':
		return "write &&";
	case '|':
		return "write ||";
	case '~':
		return "write =~ to match a regular expression";
	case '\'':
		return "strings are written \"...\" or `...`";
	default:
		return NULL;
	}
}

struct error *expr_lex(const char *text, size_t offset, struct expr_token *ret)
{
	while (text[offset] == ' ' || (text[offset] >= '\t' && text[offset] <= '\r'))
		offset++;
	*ret = (struct expr_token){.kind = EXPR_TOKEN_END, .start = offset, .end = offset};
	char c = text[offset];
	if (!c)
		return NULL;
	if (is_letter(c)) {
		ret->kind = EXPR_TOKEN_NAME;
		ret->end = scan_name(text, offset);
		return NULL;
	}
	if (is_digit(c) || (c == '.' && is_digit(text[offset + 1]))) {
		ret->kind = EXPR_TOKEN_NUMBER;
		ret->end = scan_number(text, offset);
		return NULL;
	}
	if (c == '"' || c == '`') {
		ret->kind = EXPR_TOKEN_STRING;
		return scan_string(text, offset, &ret->end);
	}
	if (scan_operator(text, ret))
		return NULL;
	/* Quote the whole character, which may have several bytes. */
	size_t end = offset + 1;
	while (((unsigned char)text[end] & 0xc0) == 0x80)
		end++;
	struct expr_excerpt excerpt = expr_excerpt(text, offset, end);
	return expr_diagnose(text, offset, hint_for(c), "unexpected \"%s\"", excerpt.text);
}
