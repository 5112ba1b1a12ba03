/*
 * How commands render results: text with aligned columns and colour, or streaming JSON (yajl).
 */
#ifndef GCTXDBG_COMMANDS_RENDER_OUTPUT_H
#define GCTXDBG_COMMANDS_RENDER_OUTPUT_H

#include <stdio.h>

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

/* Where a command's result goes: stdout, a file (`cmd > f`) or a pipe (`cmd | c`). */
struct output {
	FILE *stream;
	bool color;
	unsigned width; /* columns of the terminal; 0: not a terminal, never shorten */
};

enum { OUTPUT_BUFFER = 64 << 10 }; /* bytes, of streams that are no terminals */

enum style { STYLE_PLAIN, STYLE_STRONG, STYLE_DIM, STYLE_FUNCTION, STYLE_WARNING, STYLE_ADDRESS };

/* printf in a style; plain when colour is off. Control characters in strings from a target must
 * have been escaped. */
void output_printf(struct output *output, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes `text` with control characters and invalid UTF-8 escaped as \x.. (a target's strings are
 * not trusted). */
void output_text(struct output *output, enum style style, const char *text);

/* Writes `text`, escaped likewise, in lines of at most `width` columns (0: one line for each that
 * it has), each after `indent` blanks, and ends the last one. */
void output_wrapped(struct output *output, const char *text, unsigned indent, unsigned width);

/* Writes so many blanks. */
void output_blanks(struct output *output, size_t count);

/* Whether it goes to a file: nobody sees it now. */
bool output_is_file(const struct output *output);

/* True when writing failed (a closed pipe): long renderers stop then; `… | head` ends at once. */
bool output_failed(const struct output *output);

/* "312.4s" style durations for people: 0.8s, 45s, 5m12s, 3h20m, 2d4h. */
void format_duration(int64_t nanoseconds, char *ret, size_t size);
/* 1.5 KiB, 45 MiB */
void format_size(uint64_t bytes, char *ret, size_t size);

/* ---- Tables: cells are collected, then printed aligned ---- */

struct table;
/* `headings` is NULL-terminated; a heading that starts with '>' is right-aligned (without the '>').
 * The last column is never padded. */
struct table *table_create(const char *const *headings);
void table_destroy(struct table *table);
static inline void table_cleanup(struct table **table)
{
	table_destroy(*table);
}
/* Adds the next cell of the current row, printf-style; rows begin by themselves. */
void table_cell(struct table *table, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * A long table need not be collected first: columns get their widths from the first thousand rows,
 * which are printed then, and all further ones at once. What is wider there still is printed whole
 * where the output is no terminal. Call before the first cell.
 */
void table_stream(struct table *table, struct output *output);
/* Column number `column` is to be at least so wide. */
void table_widen(struct table *table, size_t column, unsigned columns);
/* Prints; on a terminal, lines longer than its width are cut with "…" in the last column. */
void table_print(struct table *table, struct output *output);

/* ---- JSON ---- */

struct json;
/* Begins a document on `output`: opens the top object and writes "version":1. */
struct json *json_create(struct output *output);
/* Closes what is open, ends the line, frees. */
void json_finish(struct json *json);
/* In an object `key` names the value; in an array it is NULL. NULL strings are written as null. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json); /* ends the innermost object or array */
void json_string(
	struct json *json, const char *key, const char *value); /* invalid UTF-8 is escaped */
void json_string_n(struct json *json, const char *key, const char *value, size_t size);
void json_int(struct json *json, const char *key, int64_t value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_double(struct json *json, const char *key, double value); /* up to 3 decimals */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_address(struct json *json, const char *key, uint64_t value); /* "0x…"; 0 becomes null */

#endif
