/*
 * Go functions and source files: by address and by name.
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

/* Finds the function `name`; `ret->pc` is its entry. ERROR_NOT_FOUND if there is none. */
struct error *program_find_function(
	struct program *program, const char *name, struct code_location *ret);

/* The address of the int3 in runtime.breakpoint, which runtime.Breakpoint calls; 0: the program
 * does not have it. */
uint64_t program_breakpoint(struct program *program);

/* Calls `visit` with the name of every function until it returns false. */
void program_visit_functions(
	struct program *program, bool (*visit)(void *context, const char *name), void *context);

/*
 * A short name for `file`, which contains `function`: "net/http/server.go" for a function of
 * package net/http in …/src/net/http/server.go; other paths are not shortened. Points into `file`.
 */
const char *source_short_path(const char *function, const char *file);

/*
 * A short name for a function: its package's last path element, "discovery.(*Manager).Run"; with a
 * major version the element before it too, "yaml/v3.Unmarshal". Points into `function`.
 */
const char *function_short_name(const char *function);

/* The path of the main module; without modules (GOPATH, Debian), that of the main package, below
 * which most of the program's own packages are. NULL: unknown. Belongs to the program. */
const char *program_own_path(const struct program *program);

/* True if the function is in package main or below program_own_path() (FUNCTION_OWN in stack.h). */
bool program_owns_function(const struct program *program, const char *function);

/*
 * The source file with this path in the binary, or whose path ends with it ("sync/cond.go",
 * "main.go"). ERROR_NOT_FOUND; ERROR_USAGE, listing them, if several match. Belongs to the program.
 */
struct error *program_find_file(struct program *program, const char *path, const char **ret);

#endif
