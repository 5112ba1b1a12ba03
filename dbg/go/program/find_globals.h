/*
 * The runtime's global variables in a program without symbols.
 *
 * The function table names the functions of the runtime, and their code names the variables. A
 * recipe says for each variable which functions use it and how (read, write, address, how many
 * bytes); what all of them share are its candidates. A candidate counts when what it holds in the
 * target's memory looks like that variable (check_globals.h), and only when it is the single one
 * that does: a variable is found or absent, never guessed.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_GLOBALS_H
#define GCTXDBG_GO_PROGRAM_FIND_GLOBALS_H

#include "dbg/go/program/program_state.h"

/*
 * Fills in what can be found; the rest keeps address 0. Needs the program's layouts, text bounds
 * and function table. Fails only without memory or on Ctrl-C.
 */
struct error *find_globals(struct program *program, struct runtime_globals *ret);

/* The same for one variable, by the name that it has in runtime_globals ("build_version"). */
struct error *find_global(struct program *program, const char *name, struct global *ret);

#endif
