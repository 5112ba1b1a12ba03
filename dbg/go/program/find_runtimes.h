/*
 * Finding the Go runtimes in a process: that of the executable, and those of Go libraries that a
 * program in another language has loaded (-buildmode=c-shared), each with its own goroutines.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_RUNTIMES_H
#define GCTXDBG_GO_PROGRAM_FIND_RUNTIMES_H

#include "dbg/target/target.h"
#include "dwarf/elf/elf_image.h"

struct native_modules;

/* A file that contains a Go runtime. */
struct runtime_file {
	const char *path; /* belongs to the files or the target */
	struct elf_image *image;
	uint64_t bias;
};

enum { MAX_RUNTIMES = 16 };

struct runtime_files {
	struct runtime_file items[MAX_RUNTIMES];
	size_t count;
	size_t unreadable; /* libraries whose files are missing or were replaced */
};

/*
 * Adds to `ret`, which is empty or the result of an earlier call with the same `exe` and `files`:
 * the executable `exe` first if it has a runtime, then libraries by address. So runtimes keep their
 * numbers. Images of libraries belong to `files`. A library whose file is missing is skipped.
 */
struct error *find_runtimes(struct target *target, struct elf_image *exe,
	struct native_modules *files, struct runtime_files *ret);

/* Moves those that `before`, made with other `files`, has too to the front, in its order. */
void runtime_files_sort_as(struct runtime_files *files, const struct runtime_files *before);

/*
 * Sets `*ret` to the index of the runtime that the user wants: a number from 1, a path, or the end
 * of one ("lib.so"); NULL or "": the first. ERROR_USAGE, with all of them, if there is not exactly
 * one.
 */
struct error *runtime_files_select(
	const struct runtime_files *files, const char *wanted, size_t *ret);

#endif
