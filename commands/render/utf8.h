/*
 * Untrusted strings: decoding UTF-8, finding characters that must not reach a terminal, and
 * measuring how many columns a string takes.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_UTF8_H
#define GCTXDBG_COMMANDS_RENDER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at `text`. Returns its length in bytes; 0 if it is not valid UTF-8, or if
 * `size` is 0. */
size_t utf8_decode(const char *text, size_t size, uint32_t *ret);

/* The number of bytes from `text` on that are printable ASCII. Fast path: nearly always all. */
size_t utf8_plain(const char *text, size_t size);

/* True for characters that control a terminal or reorder the line around them. */
bool utf8_is_control(uint32_t character);

/* The number of terminal columns that `text` takes; a byte that is not valid UTF-8 counts as
 * one. */
size_t utf8_columns(const char *text, size_t size);

/* The size in bytes of the longest prefix of `text` that takes at most `columns`. */
size_t utf8_fit(const char *text, size_t size, size_t columns);

#endif
