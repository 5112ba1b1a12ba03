/*
 * Runtime type information: names of types, from the descriptors that the binary itself carries.
 *
 * Sources: runtime/type.go, internal/abi/type.go (Type, Name), releases 1.19 and 1.21 to 1.27.
 */
#ifndef GCTXDBG_GO_RTYPE_H
#define GCTXDBG_GO_RTYPE_H

#include "dwarf/base/error.h"
#include "dwarf/base/memory.h"

struct program;

/*
 * The name of the type whose descriptor is at `type`, as reflect prints it ("main.Job",
 * "*http.Request"). NULL when the address is no plausible type descriptor. Belongs to the program.
 */
const char *rtype_name(struct program *program, uint64_t type);

#endif
