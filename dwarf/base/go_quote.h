/* Strings quoted as in Go source. */
#ifndef GCTXDBG_DWARF_BASE_GO_QUOTE_H
#define GCTXDBG_DWARF_BASE_GO_QUOTE_H

#include "dwarf/base/memory.h"

/*
 * If `*text` starts with a quoted string ("…" with escapes, or `…`), removes it from the front and
 * returns the decoded string, which the caller frees. Otherwise, and if allocation fails, returns
 * NULL and leaves `*text` unchanged.
 */
char *go_unquote_prefix(struct bytes *text);

#endif
