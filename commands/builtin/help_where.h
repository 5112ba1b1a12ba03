/*
 * The help topic `where`.
 */
#ifndef GCTXDBG_COMMANDS_BUILTIN_HELP_WHERE_H
#define GCTXDBG_COMMANDS_BUILTIN_HELP_WHERE_H

#include "dwarf/base/error.h"

struct session;

/* Prints what an expression may contain: fields, operators, literals. */
struct error *help_print_where(struct session *session);

#endif
