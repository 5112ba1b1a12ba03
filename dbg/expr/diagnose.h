/*
 * Messages about the text of an expression: a sentence with the column, then the text with a caret
 * below that column.
 */
#ifndef GCTXDBG_EXPR_DIAGNOSE_H
#define GCTXDBG_EXPR_DIAGNOSE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

/* A short printable piece of the text, to embed in a message. */
struct expr_excerpt {
	char text[96];
};

/* A hint or a list of words in a message; longer text is cut. */
struct expr_hint {
	char text[1024];
	size_t size;
};

/*
 * ERROR_USAGE "<message> at column N (<hint>)\n  <text>\n  <caret>". `offset` is in bytes, at most
 * strlen(text); the column counts characters from 1. `hint` may be NULL or empty. Control
 * characters in `text` are replaced, and a long text is cut.
 */
struct error *expr_diagnose(const char *text, size_t offset, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5), returns_nonnull, warn_unused_result));

/* The bytes [start, end) of the text, made printable and cut if long. */
struct expr_excerpt expr_excerpt(const char *text, size_t start, size_t end);

/* Appends to a zero-initialised hint. */
void expr_hint_add(struct expr_hint *hint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Finds a suggestion for a misspelt word: initialize `word` (not NUL-terminated) and `size`, then
 * offer every candidate. `best` is the closest one, or NULL if none is close enough.
 */
struct expr_suggestion {
	const char *word;
	size_t size;
	const char *best;
	size_t distance;
};
void expr_suggestion_offer(struct expr_suggestion *suggestion, const char *candidate);

#endif
