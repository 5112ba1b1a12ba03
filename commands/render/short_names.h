/*
 * Names without import paths, for lists in which a full path would push out what matters.
 */
#ifndef GCTXDBG_COMMANDS_RENDER_SHORT_NAMES_H
#define GCTXDBG_COMMANDS_RENDER_SHORT_NAMES_H

/*
 * Removes the directories of import paths from the Go text `text`, in place and outside strings:
 * "cache.Key[example.com/shop/db.ID]" becomes "cache.Key[db.ID]". Returns `text`; it may be NULL.
 */
char *short_names(char *text);

#endif
