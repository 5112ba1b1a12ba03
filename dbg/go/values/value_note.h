/*
 * What people read of a value instead of or beside its fields, and the order of map entries.
 * Private to dbg/go/value*.c.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_NOTE_H
#define GCTXDBG_GO_VALUES_VALUE_NOTE_H

#include "dbg/go/values/value.h"

/* A time, a duration, an IP address, the text in a []byte, an error's message; `*ret` is malloc'ed,
 * NULL when there is nothing of the kind or it cannot be read. */
struct error *value_note(struct program *program, const struct value *value, char **ret);
/* True when the note says it all. */
bool value_note_replaces(const struct value_node *node);

/*
 * What the Error method of `value` (an error, or an interface that holds one) returns, for types
 * whose method is known or that hold just a message. NULL: not known. malloc'ed.
 */
struct error *value_error_message(struct program *program, const struct value *value, char **ret);

/* Brings a map's pairs into the order in which package fmt prints them (internal/fmtsort). */
void value_sort_entries(struct value_node *map);

#endif
