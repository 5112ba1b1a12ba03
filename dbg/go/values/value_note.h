/*
 * The readable form of a value, printed with or instead of its fields, and the order of map
 * entries. Private to dbg/go/values/value*.c.
 */
#ifndef GCTXDBG_GO_VALUES_VALUE_NOTE_H
#define GCTXDBG_GO_VALUES_VALUE_NOTE_H

#include "dbg/go/values/value.h"

/* The note of a time, a duration, an IP address, a []byte that is text, or an error. `*ret` is
 * malloc'ed; it is not set if the type has no note or the value cannot be read. */
struct error *value_note(struct program *program, const struct value *value, char **ret);
/* Whether the note replaces the value. */
bool value_note_replaces(const struct value_node *node);

/*
 * What the Error method of `value` (an error, or an interface that holds one) returns, if the
 * method is known or the type consists of a message. `*ret` is malloc'ed; it is not set if unknown.
 */
struct error *value_error_message(struct program *program, const struct value *value, char **ret);

/* Sorts a map's entries in the order in which package fmt prints them (internal/fmtsort). */
void value_sort_entries(struct value_node *map);

#endif
