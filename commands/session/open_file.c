/* Opens files without blocking: see open_file.h. */
#include "commands/session/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

FILE *open_file_at_once(const char *path, const char *mode)
{
	int flags = *mode == 'r'   ? O_RDONLY
		    : *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND
				   : O_WRONLY | O_CREAT | O_TRUNC;
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0666);
	if (fd < 0)
		return NULL;
	/* Reads and writes may block. */
	int status = fcntl(fd, F_GETFL);
	FILE *stream = NULL;
	if (status >= 0 && fcntl(fd, F_SETFL, status & ~O_NONBLOCK) == 0)
		stream = fdopen(fd, mode);
	if (!stream) {
		int saved = errno;
		close(fd);
		errno = saved;
	}
	return stream;
}
