/*
 * Strings that nobody checked: telling valid UTF-8 from bytes, and what must not reach a terminal.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_UTF8_H
#define GCTXDBG_COMMANDS_RENDER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at `text`; returns its length in bytes, or 0 when it is not valid UTF-8 (or
 * `size` is 0). */
size_t utf8_decode(const char *text, size_t size, uint32_t *ret);

/* How many bytes from `text` on are printable ASCII: nearly always all. */
size_t utf8_plain(const char *text, size_t size);

/* True for characters that control a terminal or reorder the line around them. */
bool utf8_is_control(uint32_t character);

/* Columns that `text` (valid UTF-8) takes on a terminal. */
size_t utf8_columns(const char *text, size_t size);

/* Bytes of the longest start of `text` (valid UTF-8) that takes at most `columns`. */
size_t utf8_fit(const char *text, size_t size, size_t columns);

#endif
