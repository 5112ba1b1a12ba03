/*
 * Helps with mistyped words: finds the nearest known word ("did you mean …?") and lists the known
 * ones.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_NEAREST_H
#define GCTXDBG_COMMANDS_SESSION_NEAREST_H

#include <stddef.h>

/* Offer every known word, then read `best`. */
struct nearest {
	const char *word; /* as typed */
	const char *best; /* the nearest word so far; NULL: none is near enough */
	size_t distance;  /* of `best` */
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_offer(struct nearest *nearest, const char *candidate);

/* Appends `word` to `list`, a buffer of `size` bytes with "one, two"; cuts what does not fit. */
void nearest_list_add(char *list, size_t size, const char *word);

#endif
