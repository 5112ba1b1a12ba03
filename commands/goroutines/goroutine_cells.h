/*
 * Cells of the table of goroutines: what a narrow terminal may cut, and how functions are named.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_CELLS_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_CELLS_H

#include "commands/goroutines/goroutine_view.h"
#include "commands/render/table.h"

/* What it waits on, the first of `count` waits described by `text`; an address is never cut. */
void cell_wait(struct table *table, const char *text, size_t count);

/*
 * "discovery.(*Manager).Run manager.go:192", of which file and line are never cut; with `wide` the
 * whole path of the package. The program's own functions are bright, those of libraries are dim.
 * `frame` may be NULL.
 */
void cell_frame(
	struct table *table, const struct program *program, const struct frame *frame, bool wide);

/* The function that created it; "-" if `location` is NULL. */
void cell_creator(struct table *table, const struct program *program,
	const struct code_location *location, bool wide);

#endif
