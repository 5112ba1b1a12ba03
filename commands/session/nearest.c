/* Edit distance (insert, delete, replace, transpose), limited so that only plausible words are
 * suggested: see nearest.h. */
#include "commands/session/nearest.h"

#include <stdio.h>
#include <string.h>

enum { NEAREST_MAX_LENGTH = 40 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NEAREST_MAX_LENGTH + 1];
	size_t *before = rows[0], *previous = rows[1], *current = rows[2];
	for (size_t j = 0; j <= b_length; j++)
		previous[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		current[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1]);
			current[j] = least(replaced, 1 + least(previous[j], current[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				current[j] = least(current[j], before[j - 2] + 1);
		}
		size_t *oldest = before;
		before = previous;
		previous = current;
		current = oldest;
	}
	return previous[b_length];
}

void nearest_init(struct nearest *nearest, const char *word)
{
	size_t length = strlen(word);
	/* One mistake in a short word, up to three in a long one. */
	size_t allowed = length < 5 ? 1 : length < 8 ? 2 : 3;
	*nearest = (struct nearest){.word = word, .distance = allowed + 1};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t a = strlen(nearest->word), b = strlen(candidate);
	if (a > NEAREST_MAX_LENGTH || b > NEAREST_MAX_LENGTH)
		return;
	size_t distance = edit_distance(nearest->word, a, candidate, b);
	if (distance < nearest->distance && distance < b) {
		nearest->best = candidate;
		nearest->distance = distance;
	}
}

void nearest_list_add(char *list, size_t size, const char *word)
{
	size_t used = strlen(list);
	snprintf(list + used, size - used, "%s%s", used ? ", " : "", word);
}
