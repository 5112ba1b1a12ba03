/* Formats values as Go does: see go_text.h. */
#include "dbg/go/values/go_text.h"

#include <inttypes.h>
#include <math.h>

/* ---- Strings ---- */

/* The length in bytes of the character at `p`; 0 if it is not valid UTF-8. */
static size_t decode_rune(const char *p, size_t available, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t size = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (!size || u[0] > 0xf4 || size > available)
		return 0;
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	*ret = u[0] & masks[size];
	for (size_t i = 1; i < size; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | (u[i] & 0x3fU);
	}
	bool overlong = (size == 3 && *ret < 0x800) || (size == 4 && *ret < 0x10000);
	return overlong || *ret > 0x10ffff || (*ret >= 0xd800 && *ret <= 0xdfff) ? 0 : size;
}

/*
 * An approximation of strconv.IsPrint: control and format characters, spaces other than ' ',
 * private use and unassigned planes are not printable.
 */
static bool is_printable(uint32_t rune)
{
	static const struct {
		uint32_t first, last;
	} others[] = {
		{0, 0x1f},
		{0x7f, 0xa0},
		{0xad, 0xad},
		{0x600, 0x605},
		{0x61c, 0x61c},
		{0x6dd, 0x6dd},
		{0x70f, 0x70f},
		{0x1680, 0x1680},
		{0x180e, 0x180e},
		{0x2000, 0x200f},
		{0x2028, 0x202f},
		{0x205f, 0x206f},
		{0x3000, 0x3000},
		{0xd800, 0xf8ff},
		{0xfdd0, 0xfdef},
		{0xfeff, 0xfeff},
		{0xfff0, 0xfffb},
		{0xfffe, 0xffff},
		{0x1d173, 0x1d17a},
		{0x323b0, 0xe00ff},
		{0xe01f0, 0x10ffff},
	};
	for (size_t i = 0; i < array_length(others); i++)
		if (rune >= others[i].first && rune <= others[i].last)
			return false;
	return true;
}

bool go_is_text(const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t rune = 0;
		size_t length = decode_rune(text + at, size - at, &rune);
		if (!length ||
			(!is_printable(rune) && rune != '\n' && rune != '\t' && rune != '\r'))
			return false;
		at += length;
	}
	return true;
}

static void write_escaped(FILE *stream, uint32_t rune)
{
	static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
	const char *simple = rune && rune < 0x80 ? strchr(meanings, (int)rune) : NULL;
	if (simple)
		fprintf(stream, "\\%c", letters[simple - meanings]);
	else if (rune < ' ' || rune == 0x7f)
		fprintf(stream, "\\x%02x", rune);
	else
		fprintf(stream, rune < 0x10000 ? "\\u%04x" : "\\U%08x", rune);
}

void go_write_quoted(FILE *stream, const char *text, size_t size)
{
	fputc('"', stream);
	for (size_t at = 0; at < size;) {
		uint32_t rune = 0;
		size_t length = decode_rune(text + at, size - at, &rune);
		if (!length)
			fprintf(stream, "\\x%02x", (unsigned char)text[at++]);
		else if (rune == '"' || rune == '\\')
			fprintf(stream, "\\%c", (char)rune);
		else if (is_printable(rune))
			fwrite(text + at, 1, length, stream);
		else
			write_escaped(stream, rune);
		at += length;
	}
	fputc('"', stream);
}

/* ---- Numbers ---- */

/* The fewest digits that read back as `value`, as "d.ddde±xx". */
static void shortest(double value, int bits, char *ret)
{
	for (int precision = 0; precision <= 17; precision++) {
		snprintf(ret, GO_FLOAT_SIZE, "%.*e", precision, value);
		if (bits == 32 ? (double)strtof(ret, NULL) == value : strtod(ret, NULL) == value)
			return;
	}
}

const char *go_format_float(double value, int bits, char ret[GO_FLOAT_SIZE])
{
	if (isnan(value) || isinf(value)) {
		strcpy(ret, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return ret;
	}
	shortest(value, bits, ret);
	enum { LARGEST = 6 }; /* exponents from here on use %e */
	const char *e = strchr(ret, 'e');
	int exponent = atoi(e + 1), digits = 0;
	for (const char *p = ret; p < e; p++)
		digits += *p >= '0' && *p <= '9';
	if (exponent < -4 || exponent >= LARGEST)
		return ret;
	int decimals = digits - 1 - exponent;
	snprintf(ret, GO_FLOAT_SIZE, "%.*f", decimals > 0 ? decimals : 0, value);
	return ret;
}

/* ---- Times ---- */

/* Writes `value` / 10^`digits` without trailing zeros. */
static void write_fraction(char *ret, size_t size, uint64_t value, int digits, const char *unit)
{
	uint64_t scale = 1;
	for (int i = 0; i < digits; i++)
		scale *= 10;
	char fraction[24] = "";
	if (value % scale) {
		int length =
			snprintf(fraction, sizeof(fraction), ".%0*" PRIu64, digits, value % scale);
		while (fraction[length - 1] == '0')
			fraction[--length] = 0;
	}
	snprintf(ret, size, "%" PRIu64 "%s%s", value / scale, fraction, unit);
}

const char *go_format_duration(int64_t nanoseconds, char ret[GO_DURATION_SIZE])
{
	bool negative = nanoseconds < 0;
	uint64_t value = negative ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
	const uint64_t second = 1000000000;
	size_t used = 0;
	ret[0] = 0;
	if (negative)
		ret[used++] = '-';
	if (value < second) {
		int digits = value < 1000 ? 0 : value < 1000000 ? 3 : 6;
		const char *unit = !value ? "s" : !digits ? "ns" : digits == 3 ? "µs" : "ms";
		write_fraction(ret + used, GO_DURATION_SIZE - used, value, digits, unit);
		return ret;
	}
	uint64_t hours = value / second / 3600, minutes = value / second / 60 % 60;
	if (hours)
		used += (size_t)sprintf(ret + used, "%" PRIu64 "h", hours);
	if (hours || minutes)
		used += (size_t)sprintf(ret + used, "%" PRIu64 "m", minutes);
	write_fraction(ret + used, GO_DURATION_SIZE - used, value % (60 * second), 9, "s");
	return ret;
}

/* The date of a day number counted from 1970-01-01, for any year. */
static void civil_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	/* Years start in March, so that a leap day is the last day; 400 years have 146097 days. */
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	uint64_t of_era = (uint64_t)(days - era * 146097);
	uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t shifted = (5 * of_year + 2) / 153;
	*day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1);
	*month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

void go_write_time(
	FILE *stream, int64_t unix_seconds, uint32_t nanoseconds, int32_t offset, const char *zone)
{
	int64_t seconds = (int64_t)((uint64_t)unix_seconds + (uint64_t)(int64_t)offset);
	int64_t days = seconds / 86400, of_day = seconds % 86400, year;
	unsigned month, day;
	if (of_day < 0) {
		of_day += 86400;
		days--;
	}
	civil_date(days, &year, &month, &day);
	fprintf(stream, "%s%04" PRIu64 "-%02u-%02u %02d:%02d:%02d", year < 0 ? "-" : "",
		year < 0 ? -(uint64_t)year : (uint64_t)year, month, day, (int)(of_day / 3600),
		(int)(of_day / 60 % 60), (int)(of_day % 60));
	if (nanoseconds) {
		char fraction[16];
		int length = snprintf(fraction, sizeof(fraction), ".%09u", nanoseconds);
		while (fraction[length - 1] == '0')
			fraction[--length] = 0;
		fputs(fraction, stream);
	}
	uint32_t distance = offset < 0 ? -(uint32_t)offset : (uint32_t)offset;
	char sign = offset < 0 ? '-' : '+';
	fprintf(stream, " %c%02u%02u", sign, distance / 3600, distance / 60 % 60);
	if (*zone)
		fprintf(stream, " %s", zone);
	else
		fprintf(stream, " %c%02u%02u", sign, distance / 3600, distance / 60 % 60);
}
