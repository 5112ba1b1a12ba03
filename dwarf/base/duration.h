/* The units of durations, as Go's time.ParseDuration writes them, and d for days. */
#ifndef GCTXDBG_DWARF_BASE_DURATION_H
#define GCTXDBG_DWARF_BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* The nanoseconds of the unit at the start of `text`, of which `available` bytes may be read; the longest name
 * wins ("ms" before "m"). `*ret_length` is the length of its name. 0: there is none. */
int64_t duration_unit(const char *text, size_t available, size_t *ret_length);

#endif
