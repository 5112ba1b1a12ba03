/* Paths of files in /proc: see proc_path.h. */
#include "dwarf/base/proc_path.h"

#include <stdio.h>

struct proc_path proc_path(pid_t tid, const char *name)
{
	struct proc_path path;
	snprintf(
		path.text, sizeof(path.text), *name ? "/proc/%d/%s" : "/proc/%d%s", (int)tid, name);
	return path;
}
