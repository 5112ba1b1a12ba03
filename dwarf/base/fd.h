/* _cleanup_fd_ closes a file descriptor when its variable goes out of scope; -1 means none. */
#ifndef GCTXDBG_DWARF_BASE_FD_H
#define GCTXDBG_DWARF_BASE_FD_H

#include <unistd.h>

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#define _cleanup_fd_ __attribute__((cleanup(close_fd)))

#endif
