/*
 * What has become of goroutines since the snapshot before, or since the process stood still before:
 * `goroutines --since`.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_DIFF_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_DIFF_H

#include "commands/session/session.h"

/* All goroutines of one moment, as far as it takes to recognise them and to see whether they have
 * moved: 40 bytes for each. */
struct goroutine_diff;

/* Notes how they are now, for session->since, with which later ones are compared. */
struct error *goroutine_diff_take(struct session *session, struct goroutine_diff **ret);
void goroutine_diff_destroy(struct goroutine_diff *diff);

/* Makes `diff` (NULL: none) the session's: later calls compare with it. Takes ownership. */
void goroutine_diff_keep(struct session *session, struct goroutine_diff *diff);

/* Before the process runs on: the same, kept as session->since, if the goroutines are known or few;
 * else that stays. Never fails. */
void goroutine_diff_note(struct session *session);

/*
 * Shows who was born, who is gone and who has not moved since session->since was taken: by function,
 * or each in JSON. `system`: those of the runtime too. ERROR_USAGE when there is nothing to compare
 * with.
 */
struct error *goroutine_diff_show(struct session *session, bool system, bool json);

#endif
