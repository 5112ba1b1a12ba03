/*
 * Brings a program that was just started to the point from which it can be debugged, if its Go
 * runtime is in a shared library (go build -linkshared).
 */
#ifndef GCTXDBG_BREAK_RUN_TO_RUNTIME_H
#define GCTXDBG_BREAK_RUN_TO_RUNTIME_H

#include "dbg/target/target.h"

/*
 * At the first instruction of such a program, the dynamic linker has not mapped the library, and
 * the runtime does not know the executable's code. Runs the program until its runtime is about to
 * start; does nothing for other programs. The target is stopped before and after. ERROR_GONE if the
 * program ends before; ERROR_CANCELLED after Ctrl-C.
 */
struct error *run_to_runtime(struct target *target);

#endif
