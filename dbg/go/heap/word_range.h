/*
 * Searching memory for words in a range: most of the time of looking through a heap.
 *
 * With GCC's vector extensions, so that every amd64 processor has what it takes (SSE2) and no
 * detection is needed.
 */
#ifndef GCTXDBG_GO_HEAP_WORD_RANGE_H
#define GCTXDBG_GO_HEAP_WORD_RANGE_H

#include "dwarf/base/memory.h"

/* The index of the first of `words` that lies in [low, low + span]; `count` when none does. */
size_t word_range_find(const uint64_t *words, size_t count, uint64_t low, uint64_t span);

#endif
