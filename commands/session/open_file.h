/*
 * Opens files that the user names without blocking.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_OPEN_FILE_H
#define GCTXDBG_COMMANDS_SESSION_OPEN_FILE_H

#include <stdio.h>

/*
 * fopen() that does not block on a FIFO: opening one for writing fails with ENXIO if no process
 * reads it. `mode` is "r", "w" or "a". Returns NULL and sets errno on failure.
 */
FILE *open_file_at_once(const char *path, const char *mode);

#endif
