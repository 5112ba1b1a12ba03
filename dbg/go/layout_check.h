/*
 * Checks layouts that were not read from the program itself against its memory.
 *
 * The built-in table is exact for the releases it was made from; for a newer release its newest
 * column is a guess. A wrong guess shows in the runtime's own data: threads that no m names,
 * goroutine ids that were never assigned, saved stack pointers outside their stacks, sudogs of
 * another goroutine.
 */
#ifndef GCTXDBG_GO_LAYOUT_CHECK_H
#define GCTXDBG_GO_LAYOUT_CHECK_H

#include "dwarf/base/error.h"

struct goroutine_list;
struct program;

/*
 * Checks the invariants of `goroutines`, the list just read, and of the runtime's threads. Done
 * once per program, and only for layouts from the built-in table. Guessed layouts that do not fit
 * are ERROR_BAD_DATA; guessed layouts that fit, and those of a known release that do not, give a
 * warning. Before the runtime has started there is nothing to check, so the next call does it.
 */
struct error *layout_check(struct program *program, const struct goroutine_list *goroutines);

/* The error to report when reading the goroutines failed with `err`: if the layouts are guessed and
 * have not passed the check, that is the likely cause. Takes `err`, which may be NULL. */
struct error *explain_guessed_layout(struct program *program, struct error *err);

#endif
