/*
 * Downloads debug files with debuginfod's client library (libdebuginfod.so.1). The library is
 * optional and loaded on first use. It queries the servers in DEBUGINFOD_URLS; if that is unset,
 * nothing is loaded or queried.
 */
#ifndef GCTXDBG_DWARF_ELF_DEBUGINFOD_H
#define GCTXDBG_DWARF_ELF_DEBUGINFOD_H

#include "dwarf/base/memory.h"

/*
 * The path, in the library's cache, of the debug file for `build_id`; downloads it if necessary.
 * The caller frees the result. NULL if no server is set, the library is missing, no server has the
 * file, or `cancelled` (may be NULL) returned true.
 */
char *debuginfod_download(struct bytes build_id, bool (*cancelled)(void *context), void *context);

#endif
