/* Messages about an expression's text: columns, carets, excerpts and "did you mean". */
#include "dbg/expr/diagnose.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	LINE_WIDTH = 100, /* characters of the text to show */
	LINE_BEFORE = 60, /* of these, before the column if the text is cut */
	MAX_WORD = 64,	  /* longer words get no suggestion */
};

/*
 * The size in bytes of the character at `p`, reading at most `available` bytes. 1 for anything that
 * is not well-formed UTF-8, so that garbage is counted and shown byte by byte.
 */
static size_t character_size(const char *p, size_t available)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t size;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		size = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		size = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		size = 4;
	else
		return 1;
	if (size > available)
		return 1;
	for (size_t i = 1; i < size; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 1;
	}
	bool overlong = (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xf0 && u[1] < 0x90);
	bool no_character = (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf4 && u[1] > 0x8f);
	return overlong || no_character ? 1 : size;
}

/*
 * Copies one character in a form that is harmless to a terminal. Returns the number of bytes
 * written (at most 4).
 */
static size_t copy_printable(char *to, const char *from, size_t size)
{
	unsigned char c = (unsigned char)from[0];
	bool c1_control = size == 2 && c == 0xc2 && (unsigned char)from[1] < 0xa0;
	if (size == 1 && isspace(c)) {
		to[0] = ' ';
	} else if (c1_control || (size == 1 && (c < 0x20 || c >= 0x7f))) {
		to[0] = '?';
	} else {
		memcpy(to, from, size);
		return size;
	}
	return 1;
}

struct expr_excerpt expr_excerpt(const char *text, size_t start, size_t end)
{
	static const char ellipsis[] = "...";
	struct expr_excerpt excerpt = {{0}};
	size_t used = 0;
	for (size_t at = start; at < end;) {
		if (used + 4 + sizeof(ellipsis) > sizeof(excerpt.text)) {
			memcpy(excerpt.text + used, ellipsis, sizeof(ellipsis));
			break;
		}
		size_t size = character_size(text + at, end - at);
		used += copy_printable(excerpt.text + used, text + at, size);
		at += size;
	}
	return excerpt;
}

/* Writes the text, or the part of it around `column`, and the line with the caret. */
static void draw(const char *text, size_t column, char *line, char *caret)
{
	size_t first = 1;
	if (column > LINE_BEFORE && strlen(text) > LINE_WIDTH)
		first = column - LINE_BEFORE;
	size_t pad = column - first;
	if (first > 1) {
		memcpy(line, "...", 3);
		line += 3;
		pad += 3;
	}
	const char *end = text + strlen(text);
	size_t current = 1;
	for (const char *p = text; p < end; current++) {
		size_t size = character_size(p, (size_t)(end - p));
		if (current >= first + LINE_WIDTH) {
			memcpy(line, "...", 3);
			line += 3;
			break;
		}
		if (current >= first)
			line += copy_printable(line, p, size);
		p += size;
	}
	*line = '\0';
	memset(caret, ' ', pad);
	memcpy(caret + pad, "^", 2);
}

struct error *expr_diagnose(
	const char *text, size_t offset, const char *hint, const char *format, ...)
{
	size_t column = 1, size = strlen(text);
	for (size_t at = 0; at < offset && at < size;) {
		at += character_size(text + at, size - at);
		if (at <= offset)
			column++;
	}
	char line[4 * LINE_WIDTH + 8], caret[LINE_WIDTH + 8];
	draw(text, column, line, caret);

	char message[2048];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	bool has_hint = hint && *hint;
	return error_create(ERROR_USAGE, "%s at column %zu%s%s%s\n  %s\n  %s", message, column,
		has_hint ? " (" : "", has_hint ? hint : "", has_hint ? ")" : "", line, caret);
}

void expr_hint_add(struct expr_hint *hint, const char *format, ...)
{
	size_t room = sizeof(hint->text) - hint->size;
	va_list arguments;
	va_start(arguments, format);
	int wanted = vsnprintf(hint->text + hint->size, room, format, arguments);
	va_end(arguments);
	if (wanted < 0)
		return;
	if ((size_t)wanted < room) {
		hint->size += (size_t)wanted;
		return;
	}
	hint->size = sizeof(hint->text) - 1;
	memcpy(hint->text + hint->size - 3, "...", 3);
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The number of edits (insert, delete, replace, swap neighbors) that turn `b` into `a`, ignoring
 * case. */
static size_t edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t rows[3][MAX_WORD + 1];
	for (size_t j = 0; j <= b_size; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_size; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			size_t replaced = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
			row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
				same_letter(a[i - 2], b[j - 1]))
				row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_size % 3][b_size];
}

void expr_suggestion_offer(struct expr_suggestion *suggestion, const char *candidate)
{
	size_t size = strlen(candidate);
	if (suggestion->size > MAX_WORD || size > MAX_WORD)
		return;
	size_t distance = edit_distance(suggestion->word, suggestion->size, candidate, size);
	/* Up to a third of the letters wrong is a typo; more is a different word. */
	if (distance > (smaller(suggestion->size, size) + 1) / 3)
		return;
	if (!suggestion->best || distance < suggestion->distance) {
		suggestion->best = candidate;
		suggestion->distance = distance;
	}
}
