/*
 * Runs shell commands: the reading end of `cmd | shell command`, and `!shell command`.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_SPAWN_H
#define GCTXDBG_COMMANDS_SESSION_SPAWN_H

#include <sys/types.h>

#include "dwarf/base/error.h"

struct session;

/*
 * Starts `sh -c command` with an empty signal mask and default signal dispositions. `input` becomes
 * its standard input; -1: inherit ours.
 */
struct error *spawn_start(const char *command, int input, pid_t *ret);

/*
 * Waits until the command exits, and handles the target's events meanwhile. When the debugger has
 * to leave (SIGTERM) it terminates the command. ERROR_OTHER when the command could not be run or
 * was killed by a signal other than SIGINT, SIGPIPE and SIGTERM.
 */
struct error *spawn_wait(struct session *session, pid_t pid, const char *command);

#endif
