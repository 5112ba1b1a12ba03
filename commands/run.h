/*
 * Letting the target run for a while from within a command.
 */
#ifndef GCTXDBG_COMMANDS_RUN_H
#define GCTXDBG_COMMANDS_RUN_H

#include "commands/shell.h"

/* Looks at a running target again (stops it, or as `pause` says) and tells so. */
struct error *shell_stop(struct shell *shell);

/* Lets a stopped live target run; whoever calls this has put breakpoints in or taken them out. */
struct error *shell_resume(struct shell *shell);

/*
 * Resumes a stopped live target, waits for `duration_ns` (or until it stops by itself, or Ctrl-C)
 * and stops it again; what was read is forgotten. ERROR_GONE when it is gone then or cannot run.
 */
struct error *shell_let_run(struct shell *shell, int64_t duration_ns);

#endif
