/*
 * render: how commands print results.
 *
 * This folder turns computed results into text with styles (output.h), aligned tables (table.h),
 * JSON documents (json.h) and excerpts of source files (source_lines.h). All answers of commands go
 * through it, and it escapes what comes from a target. Only commands/cli writes to stdout itself:
 * --help, --version and the line break after the prompt. This folder knows no session and no
 * program.
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
	unsigned width;	 /* columns of the terminal; 0: not a terminal, never shorten lines */
	unsigned height; /* lines of the terminal; 0: not a terminal */
};

enum { OUTPUT_BUFFER = 64 << 10 }; /* bytes, for streams that are not terminals */

enum style {
	STYLE_PLAIN,
	STYLE_STRONG,
	STYLE_DIM,
	STYLE_FUNCTION,
	STYLE_WARNING,
	STYLE_ADDRESS,
	STYLE_FINDING
};

/* printf in a style; plain when color is off. Does not escape: pass strings from a target to
 * output_text() instead. */
void output_printf(struct output *output, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes `text` with control characters and invalid UTF-8 escaped (\x.., \u....). */
void output_text(struct output *output, enum style style, const char *text);

/* Writes `text`, escaped like output_text(), wrapped at `width` columns (0: do not wrap) and with
 * each line indented by `indent` blanks. Ends the last line. */
void output_wrapped(struct output *output, const char *text, unsigned indent, unsigned width);

/*
 * Writes `text` like output_wrapped(), wrapped at the output's width, for a line that has begun: the
 * cursor is in column `column`, where the following lines begin too.
 */
void output_paragraph(struct output *output, const char *text, unsigned column);

/* Ends the line; cheaper than output_printf(). */
void output_newline(struct output *output);

/* Writes `count` blanks. */
void output_blanks(struct output *output, size_t count);

/* True when the stream is a regular file, not a terminal or a pipe. */
bool output_is_file(const struct output *output);

/* True when writing has failed, for example to a closed pipe. Long renderers check it and stop, so
 * that `… | head` ends immediately. */
bool output_failed(const struct output *output);

/* A human-readable duration: 0.8s, 45s, 5m12s, 3h20m, 2d4h. */
void format_duration(int64_t nanoseconds, char *ret, size_t size);
/* A human-readable size: 1.5 KiB, 45 MiB. */
void format_size(uint64_t bytes, char *ret, size_t size);

#endif
