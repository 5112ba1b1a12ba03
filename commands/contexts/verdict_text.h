/*
 * Verdicts in words: one sentence each that a tired person understands, and what to type next.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_VERDICT_TEXT_H
#define GCTXDBG_COMMANDS_CONTEXTS_VERDICT_TEXT_H

#include "commands/contexts/context_view.h"
#include "dbg/go/contexts/context_check.h"

/* The sentence; malloc'ed, NULL without memory. */
char *verdict_sentence(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict);
/* The next command to type; malloc'ed, NULL without memory. */
char *verdict_next(const struct context_forest *forest, const struct verdict *verdict);
/* Where the goroutine to blame for ignoring a cancellation is blocked, "" for other verdicts;
 * malloc'ed, NULL without memory. */
char *verdict_location(struct session *session, const struct verdict *verdict);
/* Whether the two say the same but for addresses, ids and that place. */
bool verdict_is_alike(
	const struct context_forest *forest, const struct verdict *a, const struct verdict *b);

/*
 * Runs the checks; `forest` (ret) has the holders. Free the verdicts. Where only time can tell (a
 * goroutine with a canceled context that has perhaps just blocked) and `may_run` is set, a live
 * target runs for the grace and is looked at again.
 */
struct error *verdicts_load(struct session *session, int64_t grace_ns, bool may_run,
	const struct context_forest **ret_forest, struct verdicts *ret);

enum { DEFAULT_GRACE_NS = 1000000000 };

#endif
