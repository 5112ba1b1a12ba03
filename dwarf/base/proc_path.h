/* Paths of files in /proc, for every caller that builds one. */
#ifndef GCTXDBG_DWARF_BASE_PROC_PATH_H
#define GCTXDBG_DWARF_BASE_PROC_PATH_H

#include <sys/types.h>

enum { PROC_PATH_SIZE = 64 };

struct proc_path {
	char text[PROC_PATH_SIZE];
};

/* "/proc/TID/NAME". A thread's id works like a process's, also when its main thread has exited. `name` is a
 * constant of ours such as "maps" or "ns/pid"; "" gives the folder itself. */
struct proc_path proc_path(pid_t tid, const char *name);

#endif
