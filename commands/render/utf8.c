/* UTF-8: see utf8.h. Overlong forms, surrogates and values beyond U+10FFFF are not valid. */
#include "commands/render/utf8.h"

#include <wchar.h>

size_t utf8_decode(const char *text, size_t size, uint32_t *ret)
{
	if (!size)
		return 0;
	uint8_t first = (uint8_t)text[0];
	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || length > size)
		return 0;
	uint32_t character = first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		uint8_t byte = (uint8_t)text[i];
		if ((byte & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (byte & 0x3f);
	}
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (character < least[length] || character > 0x10ffff ||
		(character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret = character;
	return length;
}

static bool is_plain(char c)
{
	return (unsigned char)(c - 0x20) < 0x7f - 0x20;
}

size_t utf8_plain(const char *text, size_t size)
{
	enum { BLOCK = 16 }; /* bytes checked without a branch for each, so that it vectorizes */
	size_t offset = 0;
	for (; offset + BLOCK <= size; offset += BLOCK) {
		bool all = true;
		for (size_t i = 0; i < BLOCK; i++)
			all &= is_plain(text[offset + i]);
		if (!all)
			break;
	}
	while (offset < size && is_plain(text[offset]))
		offset++;
	return offset;
}

bool utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The columns of one character; one that the locale does not know counts as one. */
static size_t columns_of(uint32_t character)
{
	int width = character < 0x80 ? 1 : wcwidth((wchar_t)character);
	return width < 0 ? 1 : (size_t)width;
}

size_t utf8_fit(const char *text, size_t size, size_t columns)
{
	size_t used = 0, offset = 0;
	while (offset < size) {
		uint32_t character = 0;
		size_t length = utf8_decode(text + offset, size - offset, &character);
		size_t width = length ? columns_of(character) : 1;
		if (width > columns - used)
			break;
		used += width;
		offset += length ? length : 1;
	}
	return offset;
}

size_t utf8_columns(const char *text, size_t size)
{
	size_t plain = utf8_plain(text, size), columns = plain;
	for (size_t offset = plain; offset < size;) {
		uint32_t character = 0;
		size_t length = utf8_decode(text + offset, size - offset, &character);
		columns += length ? columns_of(character) : 1;
		offset += length ? length : 1;
	}
	return columns;
}
