/* Decodes Go's string literals: see go_quote.h. */
#include "dwarf/base/go_quote.h"

static bool hex_digit(uint8_t c, uint32_t *ret)
{
	if (c >= '0' && c <= '9')
		*ret = c - (uint32_t)'0';
	else if (c >= 'a' && c <= 'f')
		*ret = c - (uint32_t)'a' + 10;
	else if (c >= 'A' && c <= 'F')
		*ret = c - (uint32_t)'A' + 10;
	else
		return false;
	return true;
}

/* Reads `count` hexadecimal digits at `*at` and advances it. */
static bool read_hex(struct bytes text, size_t *at, size_t count, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < count; i++, (*at)++) {
		uint32_t digit;
		if (*at >= text.size || !hex_digit(text.data[*at], &digit))
			return false;
		*ret = *ret << 4 | digit;
	}
	return true;
}

/* Writes `rune` as UTF-8; at most 4 bytes. */
static char *put_utf8(char *out, uint32_t rune)
{
	if (rune < 0x80) {
		*out++ = (char)rune;
		return out;
	}
	int more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
	static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
	*out++ = (char)(first[more] | (rune >> (6 * more) & 0x3f));
	while (more-- > 0)
		*out++ = (char)(0x80 | (rune >> (6 * more) & 0x3f));
	return out;
}

/* Decodes the escape whose letter is at `*at`, and advances it. NULL if the escape is invalid. */
static char *put_escape(char *out, struct bytes text, size_t *at)
{
	static const char letters[] = "abfnrtv\\\"", meanings[] = "\a\b\f\n\r\t\v\\\"";
	uint8_t letter = text.data[(*at)++];
	const char *simple = letter ? strchr(letters, letter) : NULL;
	if (simple) {
		*out++ = meanings[simple - letters];
		return out;
	}
	uint32_t value;
	size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
	if (!digits || !read_hex(text, at, digits, &value) || value > 0x10ffff)
		return NULL;
	if (letter != 'x')
		return put_utf8(out, value);
	*out++ = (char)value;
	return out;
}

char *go_unquote_prefix(struct bytes *text)
{
	if (!text->size || (text->data[0] != '"' && text->data[0] != '`'))
		return NULL;
	uint8_t quote = text->data[0];
	/* A decoded escape is never longer than its source text. */
	char *result = malloc(text->size), *out = result;
	size_t at = 1;
	while (out && at < text->size && text->data[at] != quote) {
		if (text->data[at] == '\\' && quote == '"')
			out = ++at < text->size ? put_escape(out, *text, &at) : NULL;
		else
			*out++ = (char)text->data[at++];
	}
	if (!out || at >= text->size) {
		free(result);
		return NULL;
	}
	*out = '\0';
	at++;
	*text = (struct bytes){text->data + at, text->size - at};
	return result;
}
