/*
 * What has become of goroutines since the snapshot before, or since the process stood still before:
 * `goroutines --since`.
 */
#ifndef GCTXDBG_COMMANDS_SINCE_H
#define GCTXDBG_COMMANDS_SINCE_H

#include "commands/session/session.h"

/* All goroutines of one moment, as far as it takes to recognise them and to see whether they have
 * moved: 40 bytes for each. */
struct since;

/* Notes how they are now, for shell->since, with which later ones are compared. */
struct error *since_take(struct shell *shell, struct since **ret);
void since_destroy(struct since *since);

/* Before the process runs on: the same, kept as shell->since, if the goroutines are known or few;
 * else that stays. Never fails. */
void since_note(struct shell *shell);

/*
 * Shows who was born, who is gone and who has not moved since shell->since was taken: by function,
 * or each in JSON. `system`: those of the runtime too. ERROR_USAGE when there is nothing to compare
 * with.
 */
struct error *since_show(struct shell *shell, bool system, bool json);

#endif
