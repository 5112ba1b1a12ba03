/* Text output: styles, escaping of untrusted strings, durations and sizes. See output.h. */
#include "commands/render/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "commands/render/utf8.h"

static const char *const style_codes[] = {
	[STYLE_PLAIN] = "",
	[STYLE_STRONG] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_FUNCTION] = "\033[33m",
	[STYLE_WARNING] = "\033[35m",
	[STYLE_ADDRESS] = "\033[36m",
	[STYLE_FINDING] = "\033[31m", /* red is for what is wrong in the program */
};

static bool style_begin(struct output *output, enum style style)
{
	if (!output->color || style == STYLE_PLAIN || (size_t)style >= array_length(style_codes))
		return false;
	fputs(style_codes[style], output->stream);
	return true;
}

static void style_end(struct output *output, bool began)
{
	if (began)
		fputs("\033[0m", output->stream);
}

void output_printf(struct output *output, enum style style, const char *format, ...)
{
	bool styled = style_begin(output, style);
	va_list args;
	va_start(args, format);
	vfprintf(output->stream, format, args);
	va_end(args);
	style_end(output, styled);
}

static void write_escaped(struct output *output, const char *text, size_t size)
{
	for (size_t offset = 0; offset < size;) {
		size_t plain = utf8_plain(text + offset, size - offset);
		if (plain) {
			fwrite_unlocked(text + offset, 1, plain, output->stream);
			offset += plain;
			continue;
		}
		uint32_t character = 0;
		size_t length = utf8_decode(text + offset, size - offset, &character);
		if (!length) {
			fprintf(output->stream, "\\x%02x", (unsigned char)text[offset]);
			length = 1;
		} else if (utf8_is_control(character)) {
			fprintf(output->stream,
				character < 0x80 ? "\\x%02" PRIx32 : "\\u%04" PRIx32, character);
		} else {
			fwrite_unlocked(text + offset, 1, length, output->stream);
		}
		offset += length;
	}
}

void output_text(struct output *output, enum style style, const char *text)
{
	bool styled = style_begin(output, style);
	write_escaped(output, text, strlen(text));
	style_end(output, styled);
}

/* Wraps text that begins in column `column`; each further line is indented by `indent`. */
static void write_wrapped(
	struct output *output, const char *text, size_t column, unsigned indent, unsigned width)
{
	bool start = column == 0, first = column != 0; /* of a line; nothing is written yet */
	while (*text) {
		if (*text == '\n') {
			fputc('\n', output->stream);
			column = 0;
			start = true;
			text++;
			continue;
		}
		size_t length = strcspn(text, " \n"), columns = utf8_columns(text, length);
		if (column > indent && !start && width && column + 1 + columns > width) {
			fputc('\n', output->stream);
			column = 0;
			start = true;
		}
		unsigned blanks = start ? indent : !first;
		fprintf(output->stream, "%*s", (int)blanks, "");
		write_escaped(output, text, length);
		column += columns + blanks;
		start = first = false;
		text += length;
		if (*text == ' ')
			text++;
	}
	fputc('\n', output->stream);
}

void output_wrapped(struct output *output, const char *text, unsigned indent, unsigned width)
{
	write_wrapped(output, text, 0, indent, width);
}

void output_paragraph(struct output *output, const char *text, unsigned column)
{
	write_wrapped(output, text, column, column, output->width);
}

bool output_failed(const struct output *output)
{
	return ferror_unlocked(output->stream) != 0;
}

bool output_is_file(const struct output *output)
{
	struct stat status;
	int fd = fileno(output->stream);
	return fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode);
}

void output_newline(struct output *output)
{
	fputc_unlocked('\n', output->stream);
}

void output_blanks(struct output *output, size_t count)
{
	static const char blanks[] =
		"                                                                ";
	for (size_t part; count; count -= part) {
		part = count < sizeof(blanks) - 1 ? count : sizeof(blanks) - 1;
		fwrite_unlocked(blanks, 1, part, output->stream);
	}
}

void format_duration(int64_t nanoseconds, char *ret, size_t size)
{
	const char *sign = nanoseconds < 0 ? "-" : "";
	uint64_t ns = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
	uint64_t seconds = ns / 1000000000;
	if (!ns)
		snprintf(ret, size, "0s");
	else if (ns < 1000)
		snprintf(ret, size, "%s%" PRIu64 "ns", sign, ns);
	else if (ns < 1000000)
		snprintf(ret, size, "%s%" PRIu64 "µs", sign, ns / 1000);
	else if (ns < 100000000)
		snprintf(ret, size, "%s%" PRIu64 "ms", sign, ns / 1000000);
	else if (seconds < 10)
		snprintf(ret, size, "%s%.1fs", sign, (double)(ns / 100000000) / 10.0);
	else if (seconds < 60)
		snprintf(ret, size, "%s%" PRIu64 "s", sign, seconds);
	else if (seconds < 3600)
		snprintf(ret, size, "%s%" PRIu64 "m%" PRIu64 "s", sign, seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(ret, size, "%s%" PRIu64 "h%" PRIu64 "m", sign, seconds / 3600,
			seconds / 60 % 60);
	else
		snprintf(ret, size, "%s%" PRIu64 "d%" PRIu64 "h", sign, seconds / 86400,
			seconds / 3600 % 24);
}

void format_size(uint64_t bytes, char *ret, size_t size)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	if (bytes < 1024) {
		snprintf(ret, size, "%" PRIu64 " B", bytes);
		return;
	}
	double value = (double)bytes / 1024;
	size_t unit = 0;
	/* 1023.95 would print as 1024.0 */
	for (; value >= 1023.5 && unit + 1 < array_length(units); unit++)
		value /= 1024;
	snprintf(ret, size, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
