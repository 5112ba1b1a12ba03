/*
 * Which Go release built a program that has neither build info nor symbols.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_VERSION_H
#define GCTXDBG_GO_PROGRAM_FIND_VERSION_H

#include "dbg/go/program/program_state.h"

/*
 * Needs the program's image and bias only. The answer is runtime.buildVersion, which the code of
 * runtime.schedinit names, else the release that the function table's shape and its functions'
 * names tell ("go1.24"). malloc'ed; NULL when there is no telling.
 */
struct error *find_version(struct program *program, char **ret);

#endif
