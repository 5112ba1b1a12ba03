/*
 * Go functions by name.
 */
#ifndef GCTXDBG_GO_STACKS_FUNCTION_H
#define GCTXDBG_GO_STACKS_FUNCTION_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

struct code_location {
	const char *function; /* as the runtime prints it; belongs to the program */
	const char *file;     /* the same */
	int line;
	uint64_t pc;
};

/* The name of the function that contains `pc` ("main.handle"); NULL if unknown. Belongs to the
 * program. */
const char *program_function_name(struct program *program, uint64_t pc);

/* Where the function called `name` starts; `ret->pc` is its entry. ERROR_NOT_FOUND with a sentence.
 */
struct error *program_find_function(
	struct program *program, const char *name, struct code_location *ret);

/* Calls `visit` with every function's name until it returns false. */
void program_visit_functions(
	struct program *program, bool (*visit)(void *context, const char *name), void *context);

/*
 * `file` as people name it: for a function of package net/http in …/src/net/http/server.go,
 * "net/http/server.go"; other files as they are. Points into `file`.
 */
const char *source_short_path(const char *function, const char *file);

/*
 * The file that the binary names `path`, or that ends with it ("sync/cond.go", "main.go").
 * ERROR_NOT_FOUND; ERROR_USAGE when several end so, naming two. Belongs to the program.
 */
struct error *program_find_file(struct program *program, const char *path, const char **ret);

#endif
