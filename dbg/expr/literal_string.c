/* Decodes string literals with Go's escapes. */
#include "dbg/expr/literals.h"

#include "dbg/expr/diagnose.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Reads exactly `count` digits; false if there are fewer. */
static bool read_digits(const char *p, size_t count, int base, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < count; i++) {
		int digit = digit_value(p[i]);
		if (digit >= base)
			return false;
		*ret = *ret * (uint32_t)base + (uint32_t)digit;
	}
	return true;
}

static size_t encode_utf8(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = size; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(first[size] | c);
	return size;
}

/* One character or escape of a literal. */
struct piece {
	size_t length; /* in the text */
	size_t size;   /* decoded */
	char data[4];
	const char *problem; /* NULL: none */
};

static struct piece escape_code(const char *p, size_t digits, int base, uint32_t limit)
{
	size_t prefix = base == 8 ? 1 : 2;
	struct piece piece = {.length = prefix + digits};
	uint32_t code;
	if (!read_digits(p + prefix, digits, base, &code))
		piece.problem =
			base == 8 ? "needs three octal digits" : "needs more hexadecimal digits";
	else if (code > limit || (digits >= 4 && code >= 0xd800 && code <= 0xdfff))
		piece.problem = base == 8 ? "does not fit in a byte" : "is not a Unicode character";
	else if (digits >= 4)
		piece.size = encode_utf8(code, piece.data);
	else
		piece.data[piece.size++] = (char)code;
	return piece;
}

/* `p` points at a backslash. */
static struct piece escape(const char *p)
{
	static const char names[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";
	const char *name = p[1] ? strchr(names, p[1]) : NULL;
	if (name)
		return (struct piece){.length = 2, .size = 1, .data = {values[name - names]}};
	switch (p[1]) {
	case 'x':
		return escape_code(p, 2, 16, 0xff);
	case 'u':
		return escape_code(p, 4, 16, 0x10ffff);
	case 'U':
		return escape_code(p, 8, 16, 0x10ffff);
	case '0' ... '7':
		return escape_code(p, 3, 8, 0xff);
	default:
		return (struct piece){.length = 2, .problem = "is unknown"};
	}
}

static struct piece next_piece(const char *p, bool raw)
{
	if (!raw && *p == '\\')
		return escape(p);
	/* As in Go: a carriage return is not part of a raw string. */
	if (raw && *p == '\r')
		return (struct piece){.length = 1};
	return (struct piece){.length = 1, .size = 1, .data = {*p}};
}

static struct error *bad_escape(const char *text, size_t at, size_t end, const struct piece *piece)
{
	size_t length = piece->length;
	if (length > end - at)
		length = end - at;
	/* Show a multibyte character as a whole. */
	while (at + length < end && ((unsigned char)text[at + length] & 0xc0) == 0x80)
		length++;
	struct expr_excerpt excerpt = expr_excerpt(text, at, at + length);
	bool unknown = !strcmp(piece->problem, "is unknown");
	return expr_diagnose(text, at,
		unknown ? "write \\\\ for a backslash, or `...` for a raw string" : NULL,
		"escape %s in a string %s", excerpt.text, piece->problem);
}

struct error *expr_literal_string(
	const char *text, size_t start, size_t end, char *buffer, size_t *ret)
{
	bool raw = text[start] == '`';
	size_t used = 0;
	/* Skip the quotes. No piece is longer decoded than written, so `buffer` is large enough. */
	for (size_t at = start + 1; at < end - 1;) {
		struct piece piece = next_piece(text + at, raw);
		if (piece.problem)
			return bad_escape(text, at, end - 1, &piece);
		memcpy(buffer + used, piece.data, piece.size);
		used += piece.size;
		at += piece.length;
	}
	buffer[used] = '\0';
	*ret = used;
	return NULL;
}

size_t expr_literal_string_offset(const char *text, size_t start, size_t end, size_t decoded)
{
	bool raw = text[start] == '`';
	size_t at = start + 1;
	for (size_t used = 0; at < end - 1;) {
		struct piece piece = next_piece(text + at, raw);
		used += piece.size;
		if (used > decoded || piece.problem)
			break;
		at += piece.length;
	}
	return at;
}
