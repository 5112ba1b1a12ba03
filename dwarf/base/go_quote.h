/* Strings quoted as in Go source. */
#ifndef GCTXDBG_DWARF_BASE_GO_QUOTE_H
#define GCTXDBG_DWARF_BASE_GO_QUOTE_H

#include "dwarf/base/memory.h"

/*
 * When `*text` starts with a quoted string ("…" with escapes or `…`), takes it off the front and
 * returns what it stands for (malloc'ed). NULL, and `*text` as it was, when it does not, or without
 * memory.
 */
char *go_unquote_prefix(struct bytes *text);

#endif
