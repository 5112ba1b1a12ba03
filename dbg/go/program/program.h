/*
 * A Go program inside a target: its executable, the runtime's layouts and where its globals are.
 *
 * Opening one finds the executable, its load bias, pclntab, moduledata and the layouts of the
 * runtime's structs (once, from whichever source knows them). Everything else in dbg/go takes a
 * `struct program`.
 */
#ifndef GCTXDBG_GO_PROGRAM_PROGRAM_H
#define GCTXDBG_GO_PROGRAM_PROGRAM_H

#include "dbg/target/target.h"
#include "dwarf/elf/build_info.h"
#include "dwarf/elf/elf_image.h"

struct program;

struct program_options {
	const char *debug_file; /* where DWARF is, if not in the executable; NULL */
	void (*warn)(void *context, const char *message);
	void *warn_context;
	/* Told now and then how far something that may take long has come; `done` == `total` at its
	 * end. NULL: nobody wants to know. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	void *progress_context;
};

/*
 * `target` must outlive the program. ERROR_NOT_FOUND with a sentence when the process is not a Go
 * program.
 */
struct error *program_open(
	struct target *target, const struct program_options *options, struct program **ret);
void program_close(struct program *program);

/* Forgets what was read from the target's memory; call after it ran. */
void program_refresh(struct program *program);

/*
 * How Go frames are followed to their callers: with the table that the runtime itself unwinds with,
 * or (a cross-check) with libunwind and the DWARF in .debug_frame. Functions, inlined calls and
 * where a stack ends come from pclntab in either case.
 */
enum unwinder { UNWINDER_PCLNTAB, UNWINDER_DWARF };

/* ERROR_NOT_FOUND, and no change, when the program and its debug file have no such DWARF. */
struct error *program_set_unwinder(struct program *program, enum unwinder unwinder);

const char *program_go_version(struct program *program); /* "go1.26.4" or "unknown" */
/* Build info; NULL when the binary has none. Owned by the program. */
const struct build_info *program_build_info(struct program *program);

#endif
