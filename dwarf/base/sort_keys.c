/* A radix sort, one byte after the other from the lowest: see sort_keys.h. */
#include "dwarf/base/sort_keys.h"

#include "dwarf/base/memory.h"

enum { DIGITS = sizeof(uint64_t), DIGIT_VALUES = 256 };

static unsigned digit_of(uint64_t value, unsigned digit)
{
	return value >> (8 * digit) & (DIGIT_VALUES - 1);
}

static void count_digits(
	const struct sort_key *keys, size_t count, size_t ret[DIGITS][DIGIT_VALUES])
{
	for (size_t i = 0; i < count; i++) {
		for (unsigned digit = 0; digit < DIGITS; digit++)
			ret[digit][digit_of(keys[i].value, digit)]++;
	}
}

/* Sorts by one digit, whose values occur as often as `counts` says; keeps the order of equal ones. */
static void sort_by_digit(const struct sort_key *from, struct sort_key *to, size_t count,
	unsigned digit, size_t counts[DIGIT_VALUES])
{
	for (size_t i = 0, next = 0; i < DIGIT_VALUES; i++) {
		size_t start = next;
		next += counts[i];
		counts[i] = start;
	}
	for (size_t i = 0; i < count; i++)
		to[counts[digit_of(from[i].value, digit)]++] = from[i];
}

bool sort_keys(struct sort_key *keys, size_t count)
{
	size_t counts[DIGITS][DIGIT_VALUES] = {0};
	if (count < 2)
		return true;
	_cleanup_free_ struct sort_key *memory = calloc(count, sizeof(*memory));
	if (!memory)
		return false;
	count_digits(keys, count, counts);
	struct sort_key *from = keys, *to = memory;
	for (unsigned digit = 0; digit < DIGITS; digit++) {
		if (counts[digit][digit_of(from[0].value, digit)] == count)
			continue; /* all are equal */
		sort_by_digit(from, to, count, digit, counts[digit]);
		struct sort_key *swapped = from;
		from = to;
		to = swapped;
	}
	if (from != keys)
		memcpy(keys, from, count * sizeof(*keys));
	return true;
}
