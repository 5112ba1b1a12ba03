/*
 * Searching words for a value in a range: where a search of the heap spends most of its time.
 *
 * Uses GCC's vector extensions with SSE2 only, which every amd64 processor has, so no CPU detection
 * is needed.
 */
#ifndef GCTXDBG_GO_HEAP_WORD_RANGE_H
#define GCTXDBG_GO_HEAP_WORD_RANGE_H

#include "dwarf/base/memory.h"

/* The index of the first of `words` in [low, low + span]; `count` if there is none. */
size_t word_range_find(const uint64_t *words, size_t count, uint64_t low, uint64_t span);

#endif
