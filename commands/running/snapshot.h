/*
 * Takes snapshots (frozen copies) of a live process for commands.
 */
#ifndef GCTXDBG_COMMANDS_RUNNING_SNAPSHOT_H
#define GCTXDBG_COMMANDS_RUNNING_SNAPSHOT_H

#include "commands/session/session.h"

/* The time since the current snapshot was taken, in nanoseconds. */
int64_t snapshot_age_ns(const struct target *target);

/* The size in bytes of memory that is not frozen, because the process shares it with others. Files
 * that it maps only to read them do not count. */
uint64_t snapshot_shared_size(struct target *target);

/* Takes a new snapshot, or stops the process with a warning if that is not possible. Drops what was
 * read before. ERROR_USAGE while breakpoints are enabled. */
struct error *snapshot_again(struct session *session);

#endif
