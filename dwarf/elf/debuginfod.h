/*
 * Downloads of debug files by debuginfod's client library (libdebuginfod.so.1), which need not be
 * there: it is loaded when first needed. Its servers are those in DEBUGINFOD_URLS; without them
 * nothing is ever asked.
 */
#ifndef GCTXDBG_DWARF_ELF_DEBUGINFOD_H
#define GCTXDBG_DWARF_ELF_DEBUGINFOD_H

#include "dwarf/base/memory.h"

/*
 * The path of the debug file for `build_id` in the library's cache, downloaded if need be;
 * malloc'ed. NULL when no server is set, the library is missing, no server has it, or `cancelled`
 * (may be NULL) said true.
 */
char *debuginfod_download(struct bytes build_id, bool (*cancelled)(void *context), void *context);

#endif
