/* The units of durations: those of Go's time.ParseDuration, and d for days. */
#ifndef GCTXDBG_DWARF_BASE_DURATION_H
#define GCTXDBG_DWARF_BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/*
 * The unit at the start of `text`, in nanoseconds; 0 if there is none. Reads at most `available`
 * bytes. The longest name wins ("ms" before "m"); `*ret_length` is its length in bytes.
 */
int64_t duration_unit(const char *text, size_t available, size_t *ret_length);

#endif
