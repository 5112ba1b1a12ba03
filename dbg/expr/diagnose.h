/*
 * Messages about an expression's text: a sentence with the column, the text, and a caret below the
 * column.
 */
#ifndef GCTXDBG_EXPR_DIAGNOSE_H
#define GCTXDBG_EXPR_DIAGNOSE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

/* A short piece of text for the inside of a message. */
struct expr_excerpt {
	char text[96];
};

/* A hint or a list of words in a message; longer ones are cut. */
struct expr_hint {
	char text[1024];
	size_t size;
};

/*
 * ERROR_USAGE "<message> at column N (<hint>)\n  <text>\n  <caret>". `offset` is in bytes (at most
 * strlen(text)), the column counts characters from 1. `hint` may be NULL or empty. Control
 * characters of `text` appear as blanks, a long text is cut.
 */
struct error *expr_diagnose(const char *text, size_t offset, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5), returns_nonnull, warn_unused_result));

/* The text from `start` to `end` (bytes), printable and not too long. */
struct expr_excerpt expr_excerpt(const char *text, size_t start, size_t end);

/* Appends to a zero-initialised hint. */
void expr_hint_add(struct expr_hint *hint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Searches for the word that was meant. Offer every candidate; `best` is then the nearest one, or
 * NULL when none is near enough. Initialise with the misspelt word (not NUL-terminated).
 */
struct expr_suggestion {
	const char *word;
	size_t size;
	const char *best;
	size_t distance;
};
void expr_suggestion_offer(struct expr_suggestion *suggestion, const char *candidate);

#endif
