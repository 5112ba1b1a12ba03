/* The history, written line by line, so that nothing is lost if the debugger is killed: see
 * history.h. */
#include "commands/cli/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#include "dwarf/base/memory.h"

enum { HISTORY_LINES = 1000 };

/* Creates the directories of `path` from the first slash after `from`. */
static void make_directories(char *path, size_t from)
{
	for (char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
}

/* Returns the malloc'ed file name and creates its directories; NULL if there is no home
 * directory. */
static char *history_path(void)
{
	char *path;
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length;
	if (state && *state == '/')
		length = asprintf(&path, "%s/gctxdbg/history", state);
	else if (home && *home == '/')
		length = asprintf(&path, "%s/.local/state/gctxdbg/history", home);
	else
		return NULL;
	if (length < 0)
		return NULL;
	make_directories(path, 0);
	return path;
}

void history_load(void)
{
	using_history();
	stifle_history(HISTORY_LINES);
	_cleanup_free_ char *path = history_path();
	if (!path)
		return;
	/* Created here, because readline would make it readable by others. */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	close(fd);
	read_history(path);
	history_truncate_file(path, HISTORY_LINES);
}

void history_remember(const char *line)
{
	if (!*line || *line == ' ')
		return;
	HIST_ENTRY *last = history_get(history_base + history_length - 1);
	if (last && !strcmp(last->line, line))
		return;
	add_history(line);
	_cleanup_free_ char *path = history_path();
	if (path)
		append_history(1, path);
}

void history_forget(void)
{
	clear_history();
}
