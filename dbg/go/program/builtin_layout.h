/*
 * The runtime's struct layouts from a table that is part of this program, for binaries without
 * DWARF.
 *
 * builtin_layouts.inc has a column per Go release (and per experiment that changes layouts), made
 * by scripts/make-layouts from the DWARF of programs which that very release built. Patch releases
 * share the column of their minor release. A Go newer than the table gets the newest column as a
 * guess, which nobody may rely on before layout_check.h has compared it with the live data.
 */
#ifndef GCTXDBG_GO_PROGRAM_BUILTIN_LAYOUT_H
#define GCTXDBG_GO_PROGRAM_BUILTIN_LAYOUT_H

#include "dwarf/debug/layout.h"

struct builtin_layout {
	size_t column;
	const char *release;   /* that the column was made from, "go1.26.11"; static */
	bool guessed;	       /* no column for this release: the newest one was taken */
	char description[128]; /* "built-in table go1.26.11 for go1.26.4" */
};

/*
 * Chooses the column for a program that says it was built by `version` (as runtime.Version() has
 * it). ERROR_NOT_FOUND with a sentence when it is older than the table, lies in a gap (1.20), or is
 * no version of Go.
 */
struct error *builtin_layout_select(const char *version, struct builtin_layout *ret);

/* The column as a source; valid as long as `layout` stays where it is. */
struct layout_source builtin_layout_source(struct builtin_layout *layout);

/* The exact release of each column, oldest first; NULL after the last one. */
const char *builtin_layout_release(size_t column);

#endif
