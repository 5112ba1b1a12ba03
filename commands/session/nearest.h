/*
 * "Did you mean …?": finds the known word that is nearest to a mistyped one.
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

#endif
