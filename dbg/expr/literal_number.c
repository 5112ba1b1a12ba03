/* Parses number literals in Go syntax: integers, floats and durations. */
#include "dbg/expr/literals.h"

#include <locale.h>
#include <math.h>

#include "dbg/expr/diagnose.h"
#include "dwarf/base/duration.h"

/* A token and the text around it, for errors. */
struct number {
	const char *text;
	size_t start, end;
	bool negative;
};

static struct error *malformed(const struct number *number, const char *hint)
{
	struct expr_excerpt excerpt = expr_excerpt(number->text, number->start, number->end);
	return expr_diagnose(
		number->text, number->start, hint, "malformed number \"%s\"", excerpt.text);
}

static struct error *too_large(const struct number *number)
{
	struct expr_excerpt excerpt = expr_excerpt(number->text, number->start, number->end);
	return expr_diagnose(number->text, number->start, NULL, "number \"%s%s\" is out of range",
		number->negative ? "-" : "", excerpt.text);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number with this magnitude; false if it does not fit. */
static bool make_signed(unsigned __int128 magnitude, bool negative, int64_t *ret)
{
	if (magnitude > (unsigned __int128)INT64_MAX + (negative ? 1 : 0))
		return false;
	uint64_t bits = (uint64_t)magnitude;
	*ret = (int64_t)(negative ? 0 - bits : bits);
	return true;
}

/* The value of a digit; larger than any base if `c` is not a digit. */
static unsigned int digit_value(char c)
{
	if (is_digit(c))
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 99;
}

static struct error *parse_integer(
	const struct number *number, size_t prefix, unsigned int base, struct expr_value *ret)
{
	unsigned __int128 magnitude = 0;
	/* An underscore must be between two digits, or between the prefix and a digit. */
	bool after_digit = prefix > 0, any = false;
	for (size_t at = number->start + prefix; at < number->end; at++) {
		char c = number->text[at];
		if (c == '_' && after_digit) {
			after_digit = false;
			continue;
		}
		unsigned int digit = digit_value(c);
		if (digit >= base)
			return malformed(number, NULL);
		after_digit = any = true;
		magnitude = magnitude * base + digit;
		if (magnitude > UINT64_MAX)
			return too_large(number);
	}
	if (!any || !after_digit)
		return malformed(number, NULL);
	ret->type = EXPR_INT;
	if (!number->negative) {
		expr_value_unsigned(ret, (uint64_t)magnitude);
		return NULL;
	}
	return make_signed(magnitude, true, &ret->integer) ? NULL : too_large(number);
}

/* Parses one part of a duration, such as "1.5h", at `*at`. */
static struct error *parse_duration_part(
	const struct number *number, size_t *at, unsigned __int128 *ret)
{
	enum { FRACTION_DIGITS = 15 }; /* finer than a nanosecond in any unit */
	unsigned __int128 whole = 0, fraction = 0, scale = 1;
	bool any = false;
	const char *text = number->text;
	for (; *at < number->end && is_digit(text[*at]); ++*at, any = true) {
		whole = whole * 10 + (unsigned int)(text[*at] - '0');
		if (whole > UINT64_MAX)
			return too_large(number);
	}
	if (*at < number->end && text[*at] == '.') {
		size_t digits = 0;
		for (++*at; *at < number->end && is_digit(text[*at]); ++*at, any = true) {
			if (digits++ >= FRACTION_DIGITS)
				continue;
			fraction = fraction * 10 + (unsigned int)(text[*at] - '0');
			scale *= 10;
		}
	}
	size_t length;
	int64_t unit = duration_unit(text + *at, number->end - *at, &length);
	/* Durations here are those of Go, which has no unit for days. */
	if (!any || !unit || text[*at] == 'd') {
		struct expr_excerpt excerpt = expr_excerpt(text, number->start, number->end);
		return expr_diagnose(text, number->start,
			"the units are h, m, s, ms, us and ns, as in 1h30m",
			"malformed duration \"%s\"", excerpt.text);
	}
	*at += length;
	unsigned __int128 nanoseconds = (unsigned __int128)unit;
	*ret = whole * nanoseconds + fraction * nanoseconds / scale;
	return NULL;
}

static struct error *parse_duration(const struct number *number, struct expr_value *ret)
{
	unsigned __int128 sum = 0;
	for (size_t at = number->start; at < number->end;) {
		unsigned __int128 part = 0;
		struct error *err = parse_duration_part(number, &at, &part);
		if (err)
			return err;
		sum += part;
		if (sum > UINT64_MAX)
			return too_large(number);
	}
	ret->type = EXPR_DURATION;
	return make_signed(sum, number->negative, &ret->integer) ? NULL : too_large(number);
}

/* [digits] . [digits] [e [sign] digits], with digits on at least one side of the point. */
static bool is_float(const char *p, const char *end)
{
	size_t digits = 0;
	for (; p < end && is_digit(*p); p++)
		digits++;
	if (p < end && *p == '.') {
		for (p++; p < end && is_digit(*p); p++)
			digits++;
	}
	if (!digits || p == end)
		return digits;
	if (*p != 'e' && *p != 'E')
		return false;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	if (p == end)
		return false;
	while (p < end && is_digit(*p))
		p++;
	return p == end;
}

static struct error *parse_float(const struct number *number, struct expr_value *ret)
{
	char copy[128];
	size_t size = number->end - number->start;
	if (size >= sizeof(copy))
		return malformed(number, "too many digits");
	memcpy(copy, number->text + number->start, size);
	copy[size] = '\0';
	/* The locale may use a decimal comma. */
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (c_locale == (locale_t)0)
		return error_no_memory();
	double value = strtod_l(copy, NULL, c_locale);
	freelocale(c_locale);
	if (!isfinite(value))
		return too_large(number);
	ret->type = EXPR_FLOAT;
	ret->real = number->negative ? -value : value;
	return NULL;
}

struct error *expr_literal_number(
	const char *text, size_t start, size_t end, bool negative, struct expr_value *ret)
{
	struct number number = {text, start, end, negative};
	*ret = (struct expr_value){.present = true};
	const char *p = text + start;
	size_t size = end - start;
	if (size > 1 && p[0] == '0') {
		if (p[1] == 'x' || p[1] == 'X')
			return parse_integer(&number, 2, 16, ret);
		if (p[1] == 'b' || p[1] == 'B')
			return parse_integer(&number, 2, 2, ret);
		if (p[1] == 'o' || p[1] == 'O')
			return parse_integer(&number, 2, 8, ret);
	}
	static const char integer_characters[] = "0123456789_";
	if (strspn(p, integer_characters) >= size) {
		/* Go reads 0755 as octal, which would be a surprise here. */
		if (size > 1 && p[0] == '0')
			return malformed(&number, "write 0o755 for octal, or no leading zero");
		return parse_integer(&number, 0, 10, ret);
	}
	if (is_float(p, text + end))
		return parse_float(&number, ret);
	return parse_duration(&number, ret);
}
