/*
 * Verdicts as text: one sentence that explains each, and the command to type next.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_VERDICT_TEXT_H
#define GCTXDBG_COMMANDS_CONTEXTS_VERDICT_TEXT_H

#include "commands/contexts/context_view.h"
#include "dbg/go/contexts/context_check.h"

/* One sentence that explains the verdict; malloc'ed, NULL without memory. */
char *verdict_sentence(struct session *session, const struct context_forest *forest,
	const struct verdict *verdict);
/* The next command to type; malloc'ed, NULL without memory. */
char *verdict_next(const struct context_forest *forest, const struct verdict *verdict);
/* The location where the goroutine that ignores a cancellation is blocked; "" for other kinds of
 * verdict. malloc'ed, NULL without memory. */
char *verdict_location(struct session *session, const struct verdict *verdict);
/* True if the verdicts differ at most in addresses, IDs and verdict_location(). */
bool verdicts_are_similar(
	const struct context_forest *forest, const struct verdict *a, const struct verdict *b);

/*
 * Loads the forest with holders and runs the checks on it. If some suspects may only just have
 * blocked and `may_run` is set, a live target runs for `grace_ns` and is checked again. Free the
 * verdicts with verdicts_deinit(); the forest belongs to the program.
 */
struct error *verdicts_load(struct session *session, int64_t grace_ns, bool may_run,
	const struct context_forest **ret_forest, struct verdicts *ret);

enum { DEFAULT_GRACE_NS = 1000000000 };

#endif
