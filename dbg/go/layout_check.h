/*
 * Checks layouts that were not read from the program itself against its memory, and chooses those
 * that fit.
 *
 * The built-in table is exact for the releases it was made from. A patch release or a vendor may
 * have changed a struct since, and for a newer release the table is a guess. If the likeliest
 * column does not fit the runtime's own data (layout_fit.h), the columns next to it are tried.
 */
#ifndef GCTXDBG_GO_LAYOUT_CHECK_H
#define GCTXDBG_GO_LAYOUT_CHECK_H

#include "dwarf/base/error.h"

struct program;

/*
 * Chooses the layouts, once per program, if they are from the built-in table. If others than the
 * likeliest ones are chosen, if none fit, and if the release is unknown, it gives a warning; if none
 * fit and the release is unknown, ERROR_BAD_DATA. Before the runtime has started there is nothing to
 * check, so the next call does it.
 */
struct error *layout_check(struct program *program);

#endif
