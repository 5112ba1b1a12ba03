/* Words in a range: see word_range.h. */
#include "dbg/go/heap/word_range.h"

typedef uint64_t words_vector __attribute__((vector_size(16)));
typedef uint32_t halves_vector __attribute__((vector_size(16)));

enum { BLOCK = 16, VECTOR = sizeof(words_vector) / sizeof(uint64_t) };

/*
 * Whether one of a block's words may be in [low, low + 2^32): the upper half of its distance from
 * `low` is then 0. SSE2 has no ordered comparison of 64-bit words, but compares 32 bits for
 * equality.
 */
static inline bool may_contain(const uint64_t *words, words_vector low)
{
	halves_vector near = {0};
	for (size_t i = 0; i < BLOCK; i += VECTOR) {
		words_vector vector;
		memcpy(&vector, words + i, sizeof(vector));
		near |= (halves_vector)(vector - low) == 0;
	}
	return near[1] | near[3];
}

size_t word_range_find(const uint64_t *words, size_t count, uint64_t low, uint64_t span)
{
	const words_vector lows = {low, low};
	size_t i = 0;
	while (i < count) {
		/* The block test cannot exclude anything for ranges above 4 GiB. */
		if (span <= UINT32_MAX && i + BLOCK <= count && !may_contain(words + i, lows)) {
			i += BLOCK;
			continue;
		}
		size_t end = count - i < BLOCK ? count : i + BLOCK;
		for (; i < end; i++) {
			if (words[i] - low <= span)
				return i;
		}
	}
	return count;
}
