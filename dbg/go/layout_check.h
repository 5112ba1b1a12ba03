/*
 * Do layouts that were not read from the program itself fit its memory?
 *
 * The built-in table is exact for the releases it was made from; for a newer one its newest column
 * is a guess. What the runtime keeps contradicts a wrong guess at once: threads that no m names,
 * goroutine ids that were never given out, saved stack pointers outside of their stacks, sudogs of
 * another goroutine.
 */
#ifndef GCTXDBG_GO_LAYOUT_CHECK_H
#define GCTXDBG_GO_LAYOUT_CHECK_H

#include "dwarf/base/error.h"

struct goroutine_list;
struct program;

/*
 * Compares the goroutines and threads that have been loaded with what must hold for them; done once
 * per program, and only for layouts from the built-in table. A guess that does not fit is
 * ERROR_BAD_DATA with a sentence; one that fits, and a known release that does not, get a warning.
 * Before the runtime's start there is nothing to compare: the check is done on the next call.
 */
struct error *layout_check(struct program *program, const struct goroutine_list *goroutines);

/* What to say instead of `err`, with which the goroutines could not be read: that the layouts are
 * guessed, if they are and have not been found right. Takes `err`, which may be NULL. */
struct error *explain_guessed_layout(struct program *program, struct error *err);

#endif
