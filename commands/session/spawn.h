/*
 * Shell commands that run beside us: the far end of `cmd | shell command`, and `!shell command`.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SPAWN_H
#define GCTXDBG_COMMANDS_SESSION_SPAWN_H

#include <sys/types.h>

#include "dwarf/base/error.h"

struct session;

/*
 * Starts `sh -c command` with a clean signal mask and default dispositions. `input` becomes its
 * standard input; -1: ours.
 */
struct error *spawn_start(const char *command, int input, pid_t *ret);

/*
 * Waits until it ends, telling meanwhile what happens to the target. When the debugger has to leave
 * (SIGTERM) it is asked to end too. ERROR_OTHER when it could not be run or died of a signal that
 * nobody asked for.
 */
struct error *spawn_wait(struct session *session, pid_t pid, const char *command);

#endif
