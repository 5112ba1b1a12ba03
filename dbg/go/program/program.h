/*
 * What is fixed about a Go program in a target: its executable, the layouts of the runtime's
 * structs, and where the runtime's variables are.
 *
 * This folder finds those and reads fields and strings with them. It knows nothing of goroutines,
 * types or contexts: the folders above it interpret the memory, each with its own cache. It uses
 * dbg/target and dwarf/. Files of dbg/go and dbg/break include program_state.h; all others include
 * dbg/go/go_program.h, which opens a program.
 */
#ifndef GCTXDBG_GO_PROGRAM_PROGRAM_H
#define GCTXDBG_GO_PROGRAM_PROGRAM_H

#include <sys/types.h>

#include "dwarf/elf/build_info.h"

struct program;

/* Whether process `pid` runs a Go program, or one that cannot be recognised before it has unpacked
 * itself. For struct live_options. */
bool process_runs_go(pid_t pid);

const char *program_go_version(struct program *program); /* "go1.26.4" or "unknown" */
/* Build info; NULL if the binary has none. Owned by the program. */
const struct build_info *program_build_info(struct program *program);

#endif
