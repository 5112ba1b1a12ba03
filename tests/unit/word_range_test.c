/* Words in a range are found at any position, and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dbg/go/heap/word_range.h"

static size_t find_simply(const uint64_t *words, size_t count, uint64_t low, uint64_t span)
{
	size_t i = 0;
	while (i < count && (words[i] < low || words[i] - low > span))
		i++;
	return i;
}

static void finds_at_every_position(void **state)
{
	(void)state;
	enum { COUNT = 100 };
	static const uint64_t lows[] = {
		0, 1, 0x5a0000, 0xffffffff, 0x7fff00001234, UINT64_MAX - 64};
	static const uint64_t spans[] = {0, 7, 0x1000, UINT32_MAX, UINT64_C(1) << 33, UINT64_MAX};
	for (size_t l = 0; l < array_length(lows); l++) {
		for (size_t s = 0; s < array_length(spans); s++) {
			uint64_t low = lows[l], room = UINT64_MAX - low;
			uint64_t span = spans[s] < room ? spans[s] : room;
			for (size_t at = 0; at <= COUNT; at++) {
				uint64_t words[COUNT];
				for (size_t i = 0; i < COUNT; i++)
					words[i] = i % 2 ? low - 1 : low + span + 1;
				if (at < COUNT)
					words[at] = at % 2 ? low : low + span;
				size_t expected = find_simply(words, COUNT, low, span);
				assert_int_equal(
					word_range_find(words, COUNT, low, span), expected);
				assert_true(expected == at || span == UINT64_MAX - low || low == 0);
			}
		}
	}
}

static void agrees_on_random_words(void **state)
{
	(void)state;
	enum { COUNT = 333, ROUNDS = 2000 };
	uint64_t seed = 42, words[COUNT];
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			words[i] = seed >> (seed >> 59);
		}
		uint64_t low = words[(size_t)round % COUNT], span = seed >> (round % 64);
		if (span > UINT64_MAX - low)
			span = UINT64_MAX - low;
		size_t count = (size_t)round % (COUNT + 1), skip = (size_t)round % 3;
		if (count < skip)
			continue;
		assert_int_equal(word_range_find(words + skip, count - skip, low, span),
			find_simply(words + skip, count - skip, low, span));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_at_every_position),
		cmocka_unit_test(agrees_on_random_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
