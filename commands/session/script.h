/*
 * Where a running script is.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SCRIPT_H
#define GCTXDBG_COMMANDS_SESSION_SCRIPT_H

#include "dwarf/base/memory.h"

struct script_position {
	const char *name;
	unsigned line;
	struct script_position *caller; /* the script whose `source` runs this one; NULL none */
};

enum { SCRIPT_POSITION_SIZE = 320 };

/* "FILE:LINE: ", or "" when no script runs. */
void script_describe(const struct script_position *position, char *ret, size_t size);

#endif
