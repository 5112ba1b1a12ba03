/*
 * The Go release that built a program without build info and symbols.
 */
#ifndef GCTXDBG_GO_PROGRAM_FIND_VERSION_H
#define GCTXDBG_GO_PROGRAM_FIND_VERSION_H

#include "dbg/go/program/program_state.h"

/*
 * Reads runtime.buildVersion, whose address is in the code of runtime.schedinit. Needs only the
 * program's image and bias. `*ret` is malloc'ed; NULL if there is none.
 */
struct error *find_version(struct program *program, char **ret);

/*
 * Infers the minor release ("go1.24") from the format of the function table and the functions in
 * it, for a program with an unknown version. `*ret` is static; NULL if it cannot be determined.
 */
struct error *find_release(struct program *program, const char **ret);

#endif
