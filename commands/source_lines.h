/*
 * Lines of source files, where the sources are on this machine.
 */
#ifndef GCTXDBG_COMMANDS_SOURCE_LINES_H
#define GCTXDBG_COMMANDS_SOURCE_LINES_H

#include "commands/shell.h"

/*
 * Prints `around` lines before and after `line` of `file` (as the binary names it; `set
 * source-path` maps it), with line `marked` pointed at. ERROR_NOT_FOUND when the file is not here
 * or shorter.
 */
struct error *source_lines_print(
	struct shell *shell, const char *file, int line, int around, int marked);

#endif
