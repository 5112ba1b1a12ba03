/*
 * The Go release that built a program without build info and symbols.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_VERSION_H
#define GCTXDBG_GO_PROGRAM_FIND_VERSION_H

#include "dbg/go/program/program_state.h"

/*
 * Needs only the program's image and bias. Reads runtime.buildVersion, whose address is in the code
 * of runtime.schedinit; failing that, infers the release ("go1.24") from the format of the function
 * table and the functions in it. `*ret` is malloc'ed; NULL if the release cannot be determined.
 */
struct error *find_version(struct program *program, char **ret);

#endif
