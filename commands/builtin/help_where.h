/*
 * Topics of `help` that are no commands.
 */
#ifndef GCTXDBG_COMMANDS_BUILTIN_HELP_WHERE_H
#define GCTXDBG_COMMANDS_BUILTIN_HELP_WHERE_H

#include "dwarf/base/error.h"

struct session;

/* What a --where expression may contain: the fields of a goroutine, operators, literals. */
struct error *help_print_where(struct session *session);

#endif
