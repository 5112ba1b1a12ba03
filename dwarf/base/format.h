/* Formatting into memory of the right size. */
#ifndef GCTXDBG_DWARF_BASE_FORMAT_H
#define GCTXDBG_DWARF_BASE_FORMAT_H

#include <stdarg.h>
#include <stdio.h>

/* The formatted text, for the caller to free; NULL without memory. */
__attribute__((format(printf, 1, 0))) static inline char *format_text(
	const char *format, va_list args)
{
	char *text;
	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

#endif
