/*
 * Comparing the goroutines of two moments, for `goroutines --since`: the current stop or snapshot
 * and the previous one.
 */
#ifndef GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_DIFF_H
#define GCTXDBG_COMMANDS_GOROUTINES_GOROUTINE_DIFF_H

#include "commands/session/session.h"
#include "dbg/go/goroutines/sightings.h"

/* Records the goroutines as they are now. Free the result with sightings_destroy(). */
struct error *goroutine_diff_take(struct session *session, struct sightings **ret);

/* Makes `diff` (NULL: none) the session's: later calls, and wait times, compare with it. Takes
 * ownership. Warns, and
 * leaves the session without a comparison, when out of memory. */
void goroutine_diff_keep(struct session *session, struct sightings *diff);

/* Warns that `err` prevents the next comparison, and frees `err`. */
void goroutine_diff_warn(struct session *session, struct error *err);

/* Called before the process resumes: records the goroutines in session->diff if they have been
 * loaded or are few; otherwise keeps the older record. Never fails. */
void goroutine_diff_note(struct session *session);

/*
 * Prints which goroutines were created, have ended and have not moved since session->diff was
 * recorded: counts by function as text, or each goroutine as JSON. `system` includes those of the
 * runtime. ERROR_USAGE when there is nothing to compare with.
 */
struct error *goroutine_diff_show(struct session *session, bool system, bool json);

#endif
