/*
 * Opening the files that a user names, without ever hanging on one.
 */
#ifndef GCTXDBG_COMMANDS_SESSION_OPEN_FILE_H
#define GCTXDBG_COMMANDS_SESSION_OPEN_FILE_H

#include <stdio.h>

/*
 * fopen() that does not wait for the other end of a FIFO: writing to one that nobody reads fails
 * with ENXIO. `mode` is "r", "w" or "a". NULL with errno set on failure.
 */
FILE *open_file_at_once(const char *path, const char *mode);

#endif
