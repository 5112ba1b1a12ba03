/* Removes import paths from text: see short_names.h. */
#include "commands/render/short_names.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_in_path(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("_.~%-/", c));
}

/* The end of the string or rune literal that starts at `text`. */
static const char *skip_literal(const char *text)
{
	const char *at = text + 1;
	while (*at && *at != *text)
		at += *at == '\\' && *text != '`' && at[1] ? 2 : 1;
	return *at ? at + 1 : at;
}

char *short_names(char *text)
{
	char *to = text;
	for (const char *at = text; at && *at;) {
		const char *end = at + 1, *from = at;
		if (strchr("\"'`", *at)) {
			end = skip_literal(at);
		} else if (is_in_path(*at)) {
			while (is_in_path(*end))
				end++;
			const char *slash = memrchr(at, '/', (size_t)(end - at));
			if (slash && memchr(slash, '.', (size_t)(end - slash)))
				from = slash + 1;
		}
		memmove(to, from, (size_t)(end - from));
		to += end - from;
		at = end;
	}
	if (text)
		*to = 0;
	return text;
}
