/*
 * Snapshots of a live process, as commands see them.
 */
#ifndef GCTXDBG_COMMANDS_RUNNING_SNAPSHOT_H
#define GCTXDBG_COMMANDS_RUNNING_SNAPSHOT_H

#include "commands/session/session.h"

/* For how long the process has run on since the snapshot that one looks at. */
int64_t snapshot_age_ns(const struct target *target);

/* Bytes of it that are not frozen: memory shared with whoever maps the same. */
uint64_t snapshot_shared_size(struct target *target);

/* Takes a new snapshot, or stops the process and warns where there cannot be one. Everything is
 * read anew. */
struct error *snapshot_again(struct session *session);

#endif
