/*
 * The Go program in a target: opening it, refreshing it after the target ran, closing it.
 *
 * This folder is the engine's knowledge of the Go runtime: each subfolder handles one part of what
 * the runtime keeps in memory. The files next to this header are the composition root: they open
 * the parts in order, drop their caches together, and check guessed layouts (layout_check.h). No
 * subfolder may call them.
 */
#ifndef GCTXDBG_GO_GO_PROGRAM_H
#define GCTXDBG_GO_GO_PROGRAM_H

#include "dbg/go/program/program.h"
#include "dbg/target/target.h"

struct program_options {
	/* The file that has the DWARF, if not the executable or library itself; must outlive the
	 * program. NULL: none. */
	const char *debug_file;
	/* The Go runtime: its number (runtimes.h), or its file or the end of the file's path; NULL:
	 * the first. */
	const char *runtime;
	/* The program of the same target that this one is to replace: runtimes keep their numbers.
	 * NULL: none. */
	const struct program *before;
	void (*warn)(void *context, const char *message);
	void *warn_context;
	/* Reports the progress of a slow operation; `done` == `total` at its end. May be NULL. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	void *progress_context;
};

/*
 * Finds the executable, its load bias, the function table, the layouts of the runtime's structs and
 * the runtime's variables. `target` must outlive the program. ERROR_NOT_FOUND if the process is not
 * a Go program; ERROR_USAGE if it lacks the wanted runtime; ERROR_BAD_DATA also if the layouts had
 * to be guessed and do not fit.
 */
struct error *program_open(
	struct target *target, const struct program_options *options, struct program **ret);
/* Frees everything, including all caches. NULL is allowed. */
void program_close(struct program *program);

/* Drops everything that was read from the target's memory; call it after the target ran. */
void program_refresh(struct program *program);

#endif
