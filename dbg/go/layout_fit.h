/*
 * Measures how well the program's layouts fit its memory.
 *
 * Wrong layouts show in the runtime's own data: threads that no m names, goroutine ids that were
 * never assigned, saved stack pointers outside their stacks, sudogs of another goroutine. A few
 * contradictions are tolerated, since the target may have been stopped in the middle of a change.
 */
#ifndef GCTXDBG_GO_LAYOUT_FIT_H
#define GCTXDBG_GO_LAYOUT_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "dwarf/base/error.h"

struct program;

struct layout_fit {
	bool fits;
	bool unreadable; /* they could not be read: the layouts are wrong, or memory is missing */
	char contradiction[160]; /* why not: "g.goid was never assigned (12 of 14 times)" */
	size_t goroutines, ms;	 /* read; 0 of both: the runtime has not started */
};

/* Reads the threads and a sample of the goroutines. Fails if that is impossible. */
struct error *layout_fit(struct program *program, struct layout_fit *ret);

#endif
