/*
 * The Go runtimes of the target's process, numbered from 1: a Go program has one, but a program in
 * another language may have loaded several Go libraries. A program is one of them.
 */
#ifndef GCTXDBG_GO_PROGRAM_RUNTIMES_H
#define GCTXDBG_GO_PROGRAM_RUNTIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct program;

struct runtimes {
	const char *paths[16]; /* the files that contain them; belong to the program */
	size_t count;
	size_t number;	 /* of this program, from 1 */
	bool in_library; /* this program is not in the executable */
};

/*
 * Fills `ret`. Runtimes keep their numbers; those that the process has loaded meanwhile follow.
 * While the target cannot be read, only those are listed that were known before.
 */
void program_runtimes(struct program *program, struct runtimes *ret);

/*
 * `*ret_wanted` is the number of the runtime that the user wants (see runtime_files_select()), and
 * `*ret_now` that of this program. ERROR_USAGE if there is not exactly one.
 */
struct error *program_find_runtime(
	struct program *program, const char *wanted, size_t *ret_now, size_t *ret_wanted);

/* Whether the code at `pc` is in the file of another runtime than the program's. */
bool program_is_other_runtime(const struct program *program, uint64_t pc);

#endif
