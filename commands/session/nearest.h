/*
 * "Did you mean …?": the known word that is nearest to a mistyped one.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_NEAREST_H
#define GCTXDBG_COMMANDS_SESSION_NEAREST_H

#include <stddef.h>

/* Begins with `best` NULL; offer every known word, then read `best`: NULL when none is near enough.
 */
struct nearest {
	const char *word; /* as typed */
	const char *best;
	size_t distance; /* of `best` */
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
