/*
 * Says that a list of contexts can contain those of finished requests.
 */
#ifndef GCTXDBG_COMMANDS_CONTEXTS_GARBAGE_NOTE_H
#define GCTXDBG_COMMANDS_CONTEXTS_GARBAGE_NOTE_H

#include "commands/contexts/context_view.h"

/* Prints a line, if any context of the forest is canceled: most of those that nothing uses are. */
void garbage_note_text(struct session *session, const struct context_forest *forest);
/* "gc_age_seconds": null if there has been no collection, or that is not known. */
void garbage_note_json(struct json *json, struct session *session);

#endif
