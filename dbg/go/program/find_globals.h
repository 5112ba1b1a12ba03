/*
 * The runtime's global variables in a program without symbols.
 *
 * The function table names the functions of the runtime, and their code contains the addresses of
 * the variables. A recipe lists, for each variable, which functions use it and how (read, write,
 * address taken, access size). Its candidates are the addresses that all of these functions use
 * that way. A candidate is accepted if its contents in the target's memory look like that variable
 * (check_globals.h), and only if no other candidate does: a variable is found or absent, never
 * guessed.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_GLOBALS_H
#define GCTXDBG_GO_PROGRAM_FIND_GLOBALS_H

#include "dbg/go/program/program_state.h"

/*
 * Fills in the variables that can be found; the others keep address 0. Needs the program's layouts,
 * text bounds and function table. Fails only without memory or on Ctrl-C.
 */
struct error *find_globals(struct program *program, struct runtime_globals *ret);

/* The same for one variable, by its name in struct runtime_globals ("build_version"). */
struct error *find_global(struct program *program, const char *name, struct global *ret);

#endif
