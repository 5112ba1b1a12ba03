/*
 * Splits the text of an expression into tokens, one at a time and without copying. Private to
 * dbg/expr.
 */
#ifndef GCTXDBG_EXPR_LEXER_H
#define GCTXDBG_EXPR_LEXER_H

#include "dbg/expr/program.h"

enum expr_token_kind {
	EXPR_TOKEN_END,
	EXPR_TOKEN_NAME,
	EXPR_TOKEN_NUMBER, /* integer, float or duration: see expr_literal_number() */
	EXPR_TOKEN_STRING, /* with its quotes */
	EXPR_TOKEN_OPERATOR,
	EXPR_TOKEN_OPEN,	  /* ( */
	EXPR_TOKEN_CLOSE,	  /* ) */
	EXPR_TOKEN_OPEN_BRACKET,  /* [ */
	EXPR_TOKEN_CLOSE_BRACKET, /* ] */
};

struct expr_token {
	enum expr_token_kind kind;
	enum expr_operator op; /* of EXPR_TOKEN_OPERATOR */
	size_t start, end;     /* bytes of the text */
};

/* The token at or after `offset`. ERROR_USAGE for a character that starts no token and for an
 * unterminated string. */
struct error *expr_lex(const char *text, size_t offset, struct expr_token *ret);

#endif
