/*
 * Formats numbers, strings, times and durations as Go does: strconv.Quote, strconv.FormatFloat,
 * time.Duration.String, time.Time.String.
 */
#ifndef GCTXDBG_GO_VALUES_GO_TEXT_H
#define GCTXDBG_GO_VALUES_GO_TEXT_H

#include <stdio.h>

#include "dwarf/base/memory.h"

enum { GO_FLOAT_SIZE = 40, GO_DURATION_SIZE = 32 };

/* Writes `text` in double quotes; escapes characters that are not printable and invalid UTF-8. */
void go_write_quoted(FILE *stream, const char *text, size_t size);
/* Whether all of `text` is printable UTF-8, spaces, tabs and line ends. */
bool go_is_text(const char *text, size_t size);

/* The shortest decimal that parses to the same number; `bits` is 32 or 64. Returns `ret`. */
const char *go_format_float(double value, int bits, char ret[GO_FLOAT_SIZE]);

/* "1m30s", "250ms". Returns `ret`. */
const char *go_format_duration(int64_t nanoseconds, char ret[GO_DURATION_SIZE]);

/* Writes a Unix time as "2026-11-21 08:00:00.5 +0100 CET", in a zone `offset` seconds east of UTC.
 * If `zone` is empty, the offset takes its place. */
void go_write_time(
	FILE *stream, int64_t unix_seconds, uint32_t nanoseconds, int32_t offset, const char *zone);

#endif
